/// One incident or maintenance as feeds tell it; every update renews the same entry.
struct FeedEntry {
  /// Stable for ever: `incident-` or `maintenance-` and the id.
  let key: String
  let title: String
  let link: String
  let published: Int64
  let updated: Int64
  let updates: [(word: String, body: String, at: Int64)]

  /// Entries of a feed.
  static let most = 50

  /// Incidents and maintenance of a page, the latest change first.
  static func all(of page: StatusPage) -> [FeedEntry] {
    let incidents = page.incidents.map { incident in
      FeedEntry(
        key: "incident-\(incident.id)", title: "\(incident.status.word): \(incident.name)",
        link: page.address.absolute(page.address.incident(incident.id)),
        published: incident.startedAt, updated: incident.updatedAt,
        updates: incident.updates.reversed().map { ($0.status.word, $0.body, $0.at) })
    }
    let maintenances = page.maintenances.map { maintenance in
      let status = maintenance.status(at: page.now)
      return FeedEntry(
        key: "maintenance-\(maintenance.id)",
        title: "Maintenance, \(status.word.lowercased()): \(maintenance.name)",
        link: page.address.absolute(page.address.incident(maintenance.id)),
        published: min(maintenance.updates.first?.at ?? page.now, maintenance.scheduledFor),
        updated: maintenance.updatedAt(at: page.now),
        updates: maintenance.updates.reversed().map { ($0.status.word, $0.body, $0.at) })
    }
    return Array(
      (incidents + maintenances).sorted { ($0.updated, $0.key) > ($1.updated, $1.key) }.prefix(most)
    )
  }

  /// The updates as paragraphs, newest first; well-formed XHTML.
  func paragraphs(into writer: inout MarkupWriter) {
    if updates.isEmpty { writer.raw("<p>Nothing was said about it yet.</p>") }
    for update in updates {
      writer.raw("<p><strong>")
      writer.text(update.word)
      writer.raw("</strong>, ")
      writer.text(Moment(update.at).words)
      writer.raw("<br/>")
      writer.plain(update.body)
      writer.raw("</p>")
    }
  }
}
