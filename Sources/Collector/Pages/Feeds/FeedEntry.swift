/// One incident or maintenance as feeds tell it; every update renews the same entry.
struct FeedEntry {
  /// Stable for ever: `incident-` or `maintenance-` and the id.
  let key: String
  /// What it is and how far it has come, in words of ours; `name` stands behind it.
  let state: String
  let name: String
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
        key: "incident-\(incident.id)", state: incident.status.word, name: incident.name,
        link: page.address.absolute(page.address.incident(incident.id)),
        published: incident.startedAt, updated: incident.updatedAt,
        updates: incident.updates.reversed().map { ($0.status.word, $0.body, $0.at) })
    }
    let maintenances = page.maintenances.map { maintenance in
      let status = maintenance.status(at: page.now)
      return FeedEntry(
        key: "maintenance-\(maintenance.id)",
        state: "Maintenance, \(status.word.lowercased())", name: maintenance.name,
        link: page.address.absolute(page.address.incident(maintenance.id)),
        published: maintenance.createdAt,
        updated: maintenance.updatedAt(at: page.now),
        updates: maintenance.updates.reversed().map { ($0.status.word, $0.body, $0.at) })
    }
    return Array(
      (incidents + maintenances).sorted { ($0.updated, $0.key) > ($1.updated, $1.key) }.prefix(most)
    )
  }

  /// `Resolved: ` and the name, whose direction ends where it ends.
  func title(into writer: inout MarkupWriter) {
    writer.text(state)
    writer.raw(": ")
    writer.plain(name)
  }

  /// The updates as paragraphs, newest first; well-formed XHTML.
  func paragraphs(into writer: inout MarkupWriter) {
    if updates.isEmpty { writer.raw("<p>Nothing was said about it yet.</p>") }
    for update in updates {
      writer.raw("<p><strong>")
      writer.text(update.word)
      writer.raw("</strong>, ")
      writer.text(Moment(update.at).words)
      // Readers join lines of a text, and strip styles that would keep them apart.
      for line in update.body.split(separator: "\n", omittingEmptySubsequences: false) {
        writer.raw("<br/>")
        writer.plain(String(line))
      }
      writer.raw("</p>")
    }
  }
}
