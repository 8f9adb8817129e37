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
    more(&writer)
    writer.raw("</li>\n")
  }

  /// Under the bars: their span, and the uptime over it.
  private func legend(_ writer: inout MarkupWriter) {
    writer.raw("<p class=\"f\"><span class=\"ago\"></span>")
    if let uptime = component.uptime[.quarter], let percent = uptime.percent {
      writer.raw("<b>")
      writer.text(percent)
      writer.raw(" uptime ")
      // A young component has no ninety days to speak of.
      let begun = CalendarDay(of: component.createdAt)
      if CalendarDay(of: page.now).number - begun.number < Int64(StatusPage.mostDays) {
        writer.raw("since ")
        writer.text(begun.shortWords)
      } else {
        writer.raw("in 90 days")
      }
      writer.raw("</b>")
    }
    writer.raw("<span>Today</span></p>\n")
  }

  /// The uptimes of all windows and the response times, unfolded by who wants them.
  private func more(_ writer: inout MarkupWriter) {
    guard !component.uptime.isEmpty || component.response != nil else { return }
    writer.raw("<details class=\"more\"><summary>Uptime and response time</summary>\n<p>")
    var isFirst = true
    for window in PageUptime.Window.allCases {
      guard let uptime = component.uptime[window] else { continue }
      if !isFirst { writer.raw(" \u{b7} ") }
      isFirst = false
      writer.text(window.words)
      writer.raw(" <b>")
      writer.text(uptime.percent ?? "no data")
      writer.raw("</b>")
      guard uptime.isPartial else { continue }
      writer.raw(" (")
      writer.text(uptime.coverage)
      writer.raw(" measured)")
    }
    writer.raw("</p>\n")
    if component.response != nil {
      // A table of the same stands on the component's page.
      writer.raw("<img loading=\"lazy\" width=\"720\" height=\"240\" src=\"")
      writer.text(page.address.chart(component.id))
      writer.raw("\" alt=\"Chart of response times by region\">")
    }
    writer.raw("</details>\n")
  }

  /// How the regions see it, those of one state together, the worst first: shown where there are
  /// several.
  static func regions(_ component: Component, _ writer: inout MarkupWriter) {
    guard component.regions.count > 1 else { return }
    writer.raw("<ul class=\"g\">")
    for state in ComponentState.allCases.reversed() {
      var isFirst = true
      for region in component.regions where region.state == state {
        if isFirst {
          writer.raw("<li class=\"")
          writer.raw(StateIcon.letter(state))
          writer.raw("\">")
          writer.icon(state)
          writer.raw("<span>")
          writer.text(state.word)
          writer.raw(" in ")
        } else {
          writer.raw(", ")
        }
        isFirst = false
        writer.isolated(region.name)
      }
      if !isFirst { writer.raw("</span></li>") }
    }
    writer.raw("</ul>\n")
  }
}
