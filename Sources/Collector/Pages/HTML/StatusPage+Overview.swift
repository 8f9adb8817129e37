extension StatusPage {
  /// The page itself, as HTML that works without any script.
  ///
  /// In the order of importance: banner, open incidents, maintenance in progress, components,
  /// maintenance to come, what was recently.
  public func html() -> [UInt8] {
    let count = groups.reduce(0) { $0 + $1.components.count }
    return PageFrame(page: self).document(capacity: 16_384 + count * 2_048) { writer in
      bannerBlock(&writer)
      section("Open incidents", open.map { .incident($0) }, &writer)
      section("Maintenance in progress", active.map { .maintenance($0) }, &writer)
      componentList(&writer)
      section("Planned maintenance", upcoming.map { .maintenance($0) }, &writer)
      recent(&writer)
    }
  }

  private enum Entry {
    case incident(PageIncident)
    case maintenance(PageMaintenance)
  }

  private func bannerBlock(_ writer: inout MarkupWriter) {
    let banner = banner
    writer.raw("<section class=\"banner n-")
    writer.raw(StateIcon.letter(banner.state))
    writer.raw("\" role=\"status\" aria-label=\"Overall state\"><span class=\"s ")
    writer.raw(StateIcon.letter(banner.state))
    writer.raw("\">")
    writer.icon(banner.state)
    writer.raw("</span><div><h2>")
    writer.text(banner.words)
    writer.raw("</h2><p class=\"q\">As of ")
    writer.time(now)
    writer.raw("</p></div></section>\n")
    guard !description.isEmpty else { return }
    writer.raw("<p class=\"about\">")
    writer.isolated(description)
    writer.raw("</p>\n")
  }

  private func section(_ title: StaticString, _ entries: [Entry], _ writer: inout MarkupWriter) {
    guard !entries.isEmpty else { return }
    writer.raw("<section><h2>")
    writer.raw(title)
    writer.raw("</h2>\n")
    for entry in entries {
      switch entry {
      case .incident(let incident): IncidentBlock(page: self).write(incident, into: &writer)
      case .maintenance(let maintenance):
        IncidentBlock(page: self).write(maintenance, into: &writer)
      }
    }
    writer.raw("</section>\n")
  }

  private func componentList(_ writer: inout MarkupWriter) {
    writer.raw("<section><h2>Components</h2>\n")
    if groups.allSatisfy(\.components.isEmpty) {
      writer.raw("<p class=\"card q\">Nothing is measured here yet.</p>\n")
    } else {
      Self.key(&writer)
    }
    let links = DayStrip.links(on: self)
    for group in groups where !group.components.isEmpty {
      if let name = group.name {
        writer.raw("<details class=\"card\" open><summary><h3>")
        writer.isolated(name)
        writer.raw("</h3>")
        writer.state(group.state)
        writer.raw("</summary>\n<ul class=\"l\">\n")
      } else {
        writer.raw("<div class=\"card\"><ul class=\"l\">\n")
      }
      for component in group.components {
        ComponentRow(component: component, page: self, links: links, isInGroup: group.name != nil)
          .write(into: &writer)
      }
      writer.raw(group.name != nil ? "</ul></details>\n" : "</ul></div>\n")
    }
    writer.raw("</section>\n")
  }

  /// What the bars' shapes mean.
  private static func key(_ writer: inout MarkupWriter) {
    writer.raw("<ul class=\"key\" aria-label=\"What the bars mean\">")
    for (state, word) in [
      (ComponentState.up, "No downtime"), (.degraded, "Degraded"), (.down, "Downtime"),
      (.maintenance, "Maintenance"), (.noData, "No data"),
    ] {
      writer.raw("<li><svg viewBox=\"0 0 12 40\" aria-hidden=\"true\">")
      writer.raw("<use transform=\"scale(16 1)\" href=\"#b")
      writer.raw(StateIcon.letter(state))
      writer.raw("\"/></svg>")
      writer.text(word)
      writer.raw("</li>")
    }
    writer.raw("</ul>\n")
  }

  /// Incidents that ended within the last week.
  private func recent(_ writer: inout MarkupWriter) {
    let since = now - 7 * 86_400_000
    let past = incidents.filter { $0.resolvedAt.map { $0 >= since } ?? false }
    writer.raw("<section><h2>Last seven days</h2>\n")
    if past.isEmpty { writer.raw("<p class=\"q\">No incidents.</p>\n") }
    for incident in past.prefix(10) { IncidentBlock(page: self).write(incident, into: &writer) }
    writer.raw("<p><a href=\"")
    writer.text(address.history)
    writer.raw("\">Earlier incidents</a></p>\n</section>\n")
  }
}
