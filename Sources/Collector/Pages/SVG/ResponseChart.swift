/// The response times of a component as lines by region, drawn without any script.
///
/// Lines differ by colour and by their dashes. What a picture tells stands in `writeTable` too.
public struct ResponseChart: Sendable {
  let response: ResponseTimes
  let name: String
  /// Milliseconds at the upper edge.
  private let top: Int64

  private static let size = (width: 720, height: 240)
  private static let plot = (left: 56, right: 708, top: 12, bottom: 180)
  /// Regions beyond these are only in the table.
  static let mostLines = 6
  private static let colours: [StaticString] = [
    "#0072b2", "#c75100", "#007d5c", "#b0559a", "#8a6d00", "#6b7a89",
  ]
  private static let dashes: [StaticString] = ["none", "7 3", "2 3", "10 3 2 3", "4 2", "12 4"]

  public init(_ response: ResponseTimes, name: String) {
    self.response = response
    self.name = name
    let most = response.series.lazy.flatMap(\.values).compactMap { $0 }.max() ?? 0
    top = Self.niceTop(Int64(max(most, 0)))
  }

  /// The picture as a file of its own.
  public func svg() -> [UInt8] {
    var writer = MarkupWriter(capacity: 8192)
    write(into: &writer, isAlone: true)
    return writer.bytes
  }

  /// The least of 4, 8, 20, 40, 80, 100, 200... that is not less: a quarter of each is whole.
  static func niceTop(_ most: Int64) -> Int64 {
    if most <= 8 { return most <= 4 ? 4 : 8 }
    var unit: Int64 = 10
    while true {
      for factor: Int64 in [2, 4, 8, 10] where unit * factor >= most { return unit * factor }
      unit *= 10
    }
  }

  package func write(into writer: inout MarkupWriter, isAlone: Bool) {
    writer.raw("<svg class=\"chart\" viewBox=\"0 0 720 240\" role=\"img\"")
    if isAlone {
      writer.raw(" xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"240\"")
      writer.raw(" font-family=\"system-ui,sans-serif\" font-size=\"12\"")
    }
    writer.raw("><title>Response time of ")
    writer.plain(name)
    writer.raw(": ")
    writer.text(summary)
    writer.raw("</title>")
    if isAlone {
      // Where a policy forbids the style, the attributes make a light picture.
      writer.raw("<style>@media(prefers-color-scheme:dark){.chart rect{fill:#16191c}")
      writer.raw(".chart text{fill:#a0a7b0}.chart .axis{stroke:#2a2e33}}</style>")
      writer.raw("<rect width=\"720\" height=\"240\" fill=\"#fff\"/>")
    }
    axes(&writer)
    for (index, series) in response.series.prefix(Self.mostLines).enumerated() {
      line(series, index, &writer)
      legend(series, index, &writer)
    }
    writer.raw("</svg>\n")
  }

  private var summary: String {
    let span = DurationWords.text(seconds: Int64(response.steps) &* response.step / 1000)
    let medians = response.series.compactMap(\.median)
    guard let least = medians.min(), let most = medians.max() else { return "nothing measured" }
    let range = least == most ? "\(least) ms" : "\(least) to \(most) ms"
    return "medians of \(range) over \(span)"
  }

  private func axes(_ writer: inout MarkupWriter) {
    let (plot, height) = (Self.plot, Self.plot.bottom - Self.plot.top)
    for quarter in 0...4 {
      let y = plot.bottom - height * quarter / 4
      writer.raw("<path class=\"axis\" stroke=\"#c9ccd0\" d=\"M56 ")
      writer.number(y)
      writer.raw("H708\"/><text x=\"48\" y=\"")
      writer.number(y + 4)
      writer.raw("\" text-anchor=\"end\" fill=\"#5a616a\">")
      writer.number(top * Int64(quarter) / 4)
      if quarter == 4 { writer.raw(" ms") }
      writer.raw("</text>")
    }
    let steps = response.steps
    guard steps > 1 else { return }
    let isLong = Int64(steps) &* response.step > 2 * 86_400_000
    for mark in 0...4 {
      let step = (steps - 1) * mark / 4
      let moment = Moment(response.moment(step))
      writer.raw("<text x=\"")
      writer.tenths(x(step))
      writer.raw("\" y=\"200\" fill=\"#5a616a\" text-anchor=\"")
      writer.raw(mark == 0 ? "start\">" : mark == 4 ? "end\">" : "middle\">")
      writer.text(isLong ? moment.day.words : moment.clock)
      writer.raw("</text>")
    }
  }

  /// Tenths from the left.
  private func x(_ step: Int) -> Int {
    let (left, right) = (Self.plot.left * 10, Self.plot.right * 10)
    return left + (right - left) * step / max(response.steps - 1, 1)
  }

  /// Tenths from the top.
  private func y(_ value: Int32) -> Int {
    let (upper, lower) = (Self.plot.top * 10, Self.plot.bottom * 10)
    return lower - Int(Int64(lower - upper) * Int64(max(value, 0)) / top)
  }

  /// One region's line; it's broken where nothing was measured, and a lone value is a dot.
  private func line(
    _ series: ResponseTimes.Series, _ index: Int, _ writer: inout MarkupWriter
  ) {
    guard series.median != nil else { return }
    writer.raw(
      "<path fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\" stroke=\""
    )
    writer.raw(Self.colours[index])
    writer.raw("\" stroke-dasharray=\"")
    writer.raw(Self.dashes[index])
    writer.raw("\" d=\"")
    var isDrawing = false
    for (step, value) in series.values.enumerated() {
      guard let value else {
        isDrawing = false
        continue
      }
      writer.raw(isDrawing ? "L" : "M")
      writer.tenths(x(step))
      writer.raw(" ")
      writer.tenths(y(value))
      if !isDrawing { writer.raw("h0") }
      isDrawing = true
    }
    writer.raw("\"/>")
  }

  /// Three columns of two lines below the axis.
  private func legend(
    _ series: ResponseTimes.Series, _ index: Int, _ writer: inout MarkupWriter
  ) {
    let (x, y) = (56 + index % 3 * 220, 220 + index / 3 * 16)
    writer.raw("<path fill=\"none\" stroke-width=\"2\" stroke=\"")
    writer.raw(Self.colours[index])
    writer.raw("\" stroke-dasharray=\"")
    writer.raw(Self.dashes[index])
    writer.raw("\" d=\"M")
    writer.number(x)
    writer.raw(" ")
    writer.number(y - 4)
    writer.raw("h24\"/><text x=\"")
    writer.number(x + 32)
    writer.raw("\" y=\"")
    writer.number(y)
    writer.raw("\" fill=\"#5a616a\">")
    writer.plain(Badge.cut(series.region, 24))
    writer.raw("</text>")
  }
}
