extension StatusPage {
  /// The page of one incident or maintenance; `nil` where there is none of this id.
  public func incidentHTML(_ id: String) -> [UInt8]? {
    if let incident = incident(id) {
      return PageFrame(page: self, title: incident.name).document {
        IncidentBlock(page: self, isWhole: true).write(incident, into: &$0)
      }
    }
    guard let maintenance = maintenances.first(where: { $0.id == id }) else { return nil }
    return PageFrame(page: self, title: maintenance.name).document {
      IncidentBlock(page: self, isWhole: true).write(maintenance, into: &$0)
    }
  }
}
