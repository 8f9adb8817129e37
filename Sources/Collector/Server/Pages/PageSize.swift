import Pages

/// How much of what organizations write a page holds, and what that takes.
extension StatusPage {
  /// It without the updates that are too many.
  func bounded() -> StatusPage {
    var page = self
    for (index, incident) in incidents.enumerated()
    where incident.updates.count > PageIncident.mostUpdates {
      page.incidents[index].updates = Array(incident.updates.suffix(PageIncident.mostUpdates))
    }
    return page
  }

  /// How much memory it takes, about.
  var byteCount: Int {
    let texts = name.utf8.count + description.utf8.count
    let groups = groups.sum {
      Self.slot + ($0.name?.utf8.count ?? 0) + $0.components.sum(\.byteCount)
    }
    let incidents = incidents.sum { incident in
      Self.incident + incident.name.utf8.count + incident.components.count * Self.slot
        + incident.updates.sum(\.byteCount)
    }
    let maintenances = maintenances.sum { maintenance in
      Self.incident + maintenance.name.utf8.count + maintenance.components.count * Self.slot
        + maintenance.updates.sum(\.byteCount)
    }
    return texts + groups + incidents + maintenances
  }

  /// A value of an array with an identifier.
  fileprivate static let slot = 96
  private static let incident = 512
}

extension Component {
  fileprivate var byteCount: Int {
    let values = response?.series.sum { $0.values.count * MemoryLayout<Int32?>.stride } ?? 0
    return 1_024 + name.utf8.count + description.utf8.count
      + days.count * MemoryLayout<ComponentDay>.stride
      + regions.sum { StatusPage.slot + $0.name.utf8.count } + values
  }
}

extension PublicUpdate {
  fileprivate var byteCount: Int { StatusPage.slot + body.utf8.count }
}

extension Sequence {
  fileprivate func sum(_ count: (Element) -> Int) -> Int { reduce(0) { $0 + count($1) } }
}
