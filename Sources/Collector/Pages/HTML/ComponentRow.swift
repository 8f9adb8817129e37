/// One component on the page: name, state, bars, and what unfolds below.
struct ComponentRow {
  let component: Component
  let page: StatusPage
  let links: Int
  /// Whether a group's heading stands above.
  let isInGroup: Bool

  func write(into writer: inout MarkupWriter) {
    writer.raw("<li class=\"c\"><div class=\"r\">")
    writer.raw(isInGroup ? "<h4>" : "<h3>")
    writer.raw("<a href=\"")
    writer.text(page.address.component(component.id))
    writer.raw("\">")
    writer.isolated(component.name)
    writer.raw(isInGroup ? "</a></h4>" : "</a></h3>")
    writer.state(component.state)
    writer.raw("</div>\n")
    if !component.description.isEmpty {
      writer.raw("<p class=\"q\">")
      writer.isolated(component.description)
      writer.raw("</p>\n")
    }
    if !component.days.isEmpty {
      DayStrip(component, page: page, links: links).write(into: &writer)
      legend(&writer)
    }
    Self.regions(component, &writer)
    writer.raw("</li>\n")
  }

  /// Under the bars: their span, and the uptime over it.
  private func legend(_ writer: inout MarkupWriter) {
    writer.raw("<p class=\"f\"><span class=\"ago\"></span>")
    if let uptime = component.uptime[.quarter], let percent = uptime.percent {
      writer.raw("<b>")
      writer.text(percent)
      writer.raw(" uptime</b>")
    }
    writer.raw("<span>Today</span></p>\n")
  }

  /// How each region sees it: shown where there are several.
  static func regions(_ component: Component, _ writer: inout MarkupWriter) {
    guard component.regions.count > 1 else { return }
    writer.raw("<ul class=\"g\" aria-label=\"Regions\">")
    for region in component.regions {
      writer.raw("<li class=\"")
      writer.raw(StateIcon.letter(region.state))
      writer.raw("\">")
      writer.icon(region.state)
      writer.isolated(region.name)
      writer.raw(region.state == .up ? "<span class=\"v\">: " : "<span>: ")
      writer.text(region.state.word)
      writer.raw("</span></li>")
    }
    writer.raw("</ul>\n")
  }
}
