extension StatusPage {
  /// The page of one component: uptimes with coverage, regions, days, response times as a chart and
  /// as a table. `nil` where there is none of this id.
  public func componentHTML(_ id: String) -> [UInt8]? {
    guard let component = component(id) else { return nil }
    return PageFrame(page: self, title: component.name).document(capacity: 32_768) { writer in
      writer.raw("<div class=\"card\"><div class=\"r\"><h1>")
      writer.isolated(component.name)
      writer.raw("</h1>")
      writer.state(component.state)
      writer.raw("</div>\n")
      if !component.description.isEmpty {
        writer.raw("<p class=\"q\">")
        writer.isolated(component.description)
        writer.raw("</p>\n")
      }
      ComponentRow.regions(component, &writer)
      if !component.days.isEmpty {
        DayStrip(component, page: self, links: Self.mostDays).write(into: &writer)
        writer.raw("<p class=\"f\"><span class=\"ago\"></span><span>Today</span></p>")
      }
      writer.raw("</div>\n")
      uptimes(component, &writer)
      if let response = component.response { chart(response, of: component, &writer) }
      past(component, &writer)
    }
  }

  private func uptimes(_ component: Component, _ writer: inout MarkupWriter) {
    writer.raw("<section><h2>Uptime</h2>\n<dl class=\"card four\">")
    for window in PageUptime.Window.allCases {
      writer.raw("<div><dt>")
      writer.text(window.words)
      writer.raw("</dt><dd><b>")
      let uptime = component.uptime[window]
      writer.text(uptime?.percent ?? "No data")
      writer.raw("</b><span class=\"q\">")
      if let uptime, uptime.down > 0 {
        writer.text(DurationWords.text(seconds: uptime.down))
        writer.raw(" down, ")
      }
      writer.text(uptime?.coverage ?? "0%")
      writer.raw(" measured</span></dd></div>\n")
    }
    writer.raw("</dl></section>\n")
  }

  private func chart(
    _ response: ResponseTimes, of component: Component, _ writer: inout MarkupWriter
  ) {
    writer.raw("<section><h2>Response time</h2>\n<figure class=\"card\">")
    let chart = ResponseChart(response, name: component.name)
    chart.write(into: &writer, isAlone: false)
    writer.raw("<figcaption class=\"q\">Milliseconds by region, median of each step.</figcaption>")
    writer.raw("<details><summary>As a table</summary>\n")
    chart.writeTable(into: &writer)
    writer.raw("</details></figure></section>\n")
  }

  private func past(_ component: Component, _ writer: inout MarkupWriter) {
    let own = incidents.filter { $0.components.contains(component.id) }
    writer.raw("<section><h2>Incidents</h2>\n")
    if own.isEmpty { writer.raw("<p class=\"q\">No incidents.</p>\n") }
    for incident in own.prefix(10) { IncidentBlock(page: self).write(incident, into: &writer) }
    writer.raw("</section>\n")
  }
}
