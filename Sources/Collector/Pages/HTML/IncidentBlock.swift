/// An incident or a maintenance with its public updates, newest first, as every page shows it.
struct IncidentBlock {
  let page: StatusPage
  /// Whether it is all of a page: its name is that page's heading then.
  var isWhole = false

  func write(_ incident: PageIncident, into writer: inout MarkupWriter) {
    open(incident.isOpen ? incident.impact.state : .up, &writer)
    heading(incident.name, link: page.address.incident(incident.id), &writer)
    writer.raw("<p class=\"q\">")
    writer.state(
      incident.isOpen ? incident.impact.state : .up,
      incident.isOpen ? incident.impact.words : "Resolved")
    writer.raw(" <span>")
    writer.time(incident.startedAt)
    if let resolved = incident.resolvedAt {
      writer.raw(", lasted ")
      writer.text(DurationWords.text(seconds: (resolved &- incident.startedAt) / 1000))
    } else {
      writer.raw(", for ")
      writer.text(DurationWords.text(seconds: (page.now &- incident.startedAt) / 1000))
    }
    writer.raw("</span></p>\n")
    affected(incident.components, &writer)
    updates(incident.updates.lazy.map { ($0.status.word, $0.body, $0.at) }.reversed(), &writer)
    writer.raw("</article>\n")
  }

  func write(_ maintenance: PageMaintenance, into writer: inout MarkupWriter) {
    let status = maintenance.status(at: page.now)
    open(status == .completed ? .up : .maintenance, &writer)
    heading(maintenance.name, link: page.address.incident(maintenance.id), &writer)
    writer.raw("<p class=\"q\">")
    writer.state(status == .completed ? .up : .maintenance, "Maintenance: \(status.word)")
    writer.raw(" <span>")
    writer.time(maintenance.scheduledFor)
    writer.raw(" to ")
    writer.time(maintenance.completedAt ?? maintenance.scheduledUntil)
    writer.raw("</span></p>\n")
    affected(maintenance.components, &writer)
    updates(maintenance.updates.lazy.map { ($0.status.word, $0.body, $0.at) }.reversed(), &writer)
    writer.raw("</article>\n")
  }

  private func open(_ state: ComponentState, _ writer: inout MarkupWriter) {
    writer.raw("<article class=\"card n-")
    writer.raw(StateIcon.letter(state))
    writer.raw("\">")
  }

  private func heading(_ name: String, link: String, _ writer: inout MarkupWriter) {
    writer.raw(isWhole ? "<h1>" : "<h3><a href=\"")
    if !isWhole {
      writer.text(link)
      writer.raw("\">")
    }
    writer.isolated(name)
    writer.raw(isWhole ? "</h1>\n" : "</a></h3>\n")
  }

  private func affected(_ ids: [String], _ writer: inout MarkupWriter) {
    let components = ids.compactMap(page.component)
    guard !components.isEmpty else { return }
    writer.raw("<p class=\"q\">Affects ")
    for (index, component) in components.enumerated() {
      if index > 0 { writer.raw(", ") }
      writer.isolated(component.name)
    }
    writer.raw("</p>\n")
  }

  private func updates(_ updates: [(String, String, Int64)], _ writer: inout MarkupWriter) {
    guard !updates.isEmpty else { return }
    writer.raw("<ol class=\"t\" reversed>\n")
    for (word, body, at) in updates {
      writer.raw("<li><p><strong>")
      writer.text(word)
      writer.raw("</strong> ")
      writer.time(at)
      writer.raw("</p><p class=\"body\" dir=\"auto\">")
      writer.text(body)
      writer.raw("</p></li>\n")
    }
    writer.raw("</ol>\n")
  }
}
