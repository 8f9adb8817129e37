import JSON
import Testing

@testable import Pages

/// Badges and the chart of response times.
struct BadgeTests {
  private static let component = Samples.component("api", "API", .degraded)

  private static let badges: [(Badge, String, String, String)] = [
    (.status(of: Samples.page()), "Acme", "Some systems are down", "red"),
    (.status(of: component), "API", "degraded", "yellow"),
    (.uptime(of: component, .week), "API uptime 7d", "99.16%", "yellow"),
    (.response(of: component), "API response", "100 ms", "brightgreen"),
    (
      .uptime(of: Component(id: "", name: "X", state: .noData), .day), "X uptime 24h", "no data",
      "lightgrey"
    ),
    (.response(of: Component(id: "", name: "X", state: .up)), "X response", "no data", "lightgrey"),
  ]

  @Test(arguments: badges)
  func `a badge says one thing, as a picture and to Shields`(
    badge: Badge, label: String, message: String, colour: String
  ) throws {
    let shields = badge.shields
    #expect(shields["schemaVersion"] == 1)
    #expect(shields["label"] == .string(label) && shields["message"] == .string(message))
    #expect(shields["color"] == .string(colour))
    let markup = try Markup(badge.svg(), isHTML: false)
    #expect(markup.elements[0].attributes["role"] == "img")
    #expect(markup.all("title").map(\.text) == ["\(label): \(message)"])
    #expect(markup.all("text").map(\.text) == [label, message])
  }

  @Test func `a chart has a line a region, broken where nothing was measured`() throws {
    let response = ResponseTimes(
      start: Samples.now, step: 60_000,
      series: [
        .init(region: "A", values: [10, 20, nil, 40, nil]),
        .init(region: "B", values: [nil, nil]), .init(region: "C", values: []),
      ])
    let markup = try Markup(ResponseChart(response, name: "API").svg(), isHTML: false)
    let lines = markup.all("path").filter { $0.attributes["stroke-linejoin"] != nil }
    #expect(lines.map { $0.attributes["d"] } == ["M56 138h0L219 96M545 12h0"])
    let texts = markup.all("text").map(\.text)
    #expect(
      texts.contains("40 ms") && texts.contains("20:44") && texts.suffix(3) == ["A", "B", "C"])
    #expect(markup.all("title")[0].text.contains("medians of 20 ms over 5 min"))
  }

  @Test func `a chart's table has all regions and no more rows than can be read`() throws {
    var page = Samples.page()
    page.groups[0].components[0].response = Samples.response((0..<9).map { "Region \($0)" })
    let markup = try Markup(try #require(page.componentHTML("api")), isHTML: true)
    let table = try #require(markup.all("table").first)
    #expect(table.text.contains("Region 8"))
    #expect(markup.all("tr").count == 25)
    #expect(markup.all("td").first?.text == "45")
    let chart = try #require(markup.all("svg").first { $0.attributes["class"] == "chart" })
    #expect(chart.text.contains("Region 5") && !chart.text.contains("Region 6"))
  }

  private static let tops: [(Int64, Int64)] = [
    (0, 4), (4, 4), (5, 8), (9, 20), (11, 20), (21, 40), (41, 80), (81, 100), (101, 200),
    (999, 1000), (2_147_483_647, 4_000_000_000),
  ]

  @Test(arguments: tops)
  func `the axis ends at a plain number`(most: Int64, top: Int64) {
    #expect(ResponseChart.niceTop(most) == top)
  }

  @Test func `extreme values and times draw a picture all the same`() throws {
    for (start, step) in [(Int64.min, Int64.max), (Int64.max, Int64.max), (0, 0)] {
      let response = ResponseTimes(
        start: start, step: step,
        series: [.init(region: "A", values: [Int32.max, Int32.min, 0, nil, 1])])
      _ = try Markup(ResponseChart(response, name: "API").svg(), isHTML: false)
    }
  }
}
