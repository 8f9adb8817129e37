extension ResponseChart {
  /// Rows of the table; more steps are joined.
  private static let mostRows = 24

  /// The same as a table: a column a region, a row a span of time with its highest value.
  package func writeTable(into writer: inout MarkupWriter) {
    writer.raw(
      "<table><caption class=\"v\">Highest response time of each span, milliseconds</caption>")
    writer.raw("<thead><tr><th scope=\"col\">From</th>")
    for series in response.series {
      writer.raw("<th scope=\"col\">")
      writer.isolated(series.region)
      writer.raw("</th>")
    }
    writer.raw("</tr></thead>\n<tbody>\n")
    let stride = max(1, (response.steps + Self.mostRows - 1) / Self.mostRows)
    var step = 0
    while step < response.steps {
      writer.raw("<tr><th scope=\"row\">")
      writer.time(response.moment(step))
      writer.raw("</th>")
      for series in response.series { cell(series, step..<(step + stride), &writer) }
      writer.raw("</tr>\n")
      step += stride
    }
    writer.raw("</tbody></table>\n")
  }

  private func cell(
    _ series: ResponseTimes.Series, _ steps: Range<Int>, _ writer: inout MarkupWriter
  ) {
    writer.raw("<td>")
    if let most = series.values[steps.clamped(to: series.values.indices)].compactMap({ $0 }).max() {
      writer.number(most)
    } else {
      writer.raw("no data")
    }
    writer.raw("</td>")
  }
}
