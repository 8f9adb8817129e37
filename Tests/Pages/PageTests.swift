import Testing

@testable import Pages

/// The HTML pages, parsed back.
struct PageTests {
  private static let page = Samples.page()

  private static let documents = Samples.documents(of: page)

  @Test(arguments: documents.indices)
  func `a page is well-formed, holds the strict policy and can be read without eyes`(
    index: Int
  ) throws {
    let markup = try Markup(Self.documents[index], isHTML: true)
    var ids: Set<String> = []
    for element in markup.elements {
      #expect(!["script", "style", "iframe", "object", "base", "form"].contains(element.name))
      for (name, value) in element.attributes {
        #expect(name != "style" && !name.hasPrefix("on"), "\(element.name) \(name)")
        if name == "id" {
          let isNew = ids.insert(value).inserted
          #expect(isNew, "\(value) occurs twice")
        }
        guard name == "href" || name == "src" else { continue }
        #expect(value.hasPrefix("/") || value.hasPrefix("#"), "\(value) leads elsewhere")
        #expect(!value.hasPrefix("//"))
      }
      if element.name == "img" { #expect(element.attributes["alt"]?.isEmpty == false) }
      if element.name == "a" { #expect(element.text.contains { !$0.isWhitespace }) }
    }
    for element in markup.elements {
      guard let target = element.attributes["href"], target.hasPrefix("#") else { continue }
      #expect(ids.contains(String(target.dropFirst())), "\(target) leads nowhere")
    }
    #expect(markup.elements[0].attributes["lang"] == "en")
    for name in ["head", "header", "main", "footer", "h1"] { #expect(markup.all(name).count == 1) }
    #expect(markup.all("a").first?.attributes["href"] == "#main")
    checkHeadings(markup)
    checkPictures(markup)
  }

  /// No level of headings is left out.
  private func checkHeadings(_ markup: Markup) {
    var level = 0
    for element in markup.elements {
      guard element.name.count == 2, let found = element.name.last?.wholeNumberValue,
        element.name.hasPrefix("h")
      else { continue }
      #expect(found <= level + 1, "h\(found) after h\(level)")
      level = found
    }
  }

  /// Each picture is hidden or named.
  private func checkPictures(_ markup: Markup) {
    for (index, element) in markup.elements.enumerated() where element.name == "svg" {
      let isNamed =
        element.attributes["aria-label"]?.isEmpty == false
        || markup.elements.contains { $0.name == "title" && $0.parent == index }
      #expect(element.attributes["aria-hidden"] == "true" || isNamed)
      #expect(element.attributes["aria-hidden"] == "true" || element.attributes["role"] != nil)
    }
  }

  @Test func `the page tells first what matters most`() throws {
    let markup = try Markup(Self.page.html(), isHTML: true)
    #expect(
      markup.all("h2").map(\.text) == [
        "Some systems are down", "Open incidents", "Maintenance in progress", "Components",
        "Planned maintenance", "Last seven days",
      ])
    #expect(markup.all("title")[0].text == "Acme status")
    let states = markup.all("span").filter { $0.attributes["class"]?.hasPrefix("s ") == true }
    #expect(states.map(\.text).contains("Degraded") && states.map(\.text).contains("Down"))
    #expect(markup.all("footer")[0].text.contains(PageUptime.rule))
  }

  @Test func `a calm page has no empty sections`() throws {
    var page = Self.page
    (page.incidents, page.maintenances) = ([], [])
    page.groups = [ComponentGroup(id: "g", name: nil, components: [Samples.component()])]
    let markup = try Markup(page.html(), isHTML: true)
    #expect(
      markup.all("h2").map(\.text) == ["All systems operational", "Components", "Last seven days"])
    page.groups = []
    #expect(try Markup(page.html(), isHTML: true).all("h2")[0].text == "No data yet")
  }

  @Test(arguments: [ComponentState.up, .degraded, .down, .maintenance, .noData])
  func `the tab of a browser shows the page's state`(state: ComponentState) throws {
    let page = StatusPage(
      id: "p", name: "P", address: Samples.address, now: Samples.now,
      groups: [
        ComponentGroup(id: "g", name: nil, components: [Samples.component("c", "C", state)])
      ])
    let icon = try #require(
      Markup(page.html(), isHTML: true).all("link").first { $0.attributes["rel"] == "icon" })
    let file = PageIcon.files[Int(state.rawValue)]
    #expect(icon.attributes["href"] == "/status-assets/\(file.name)")
    #expect(file.name.wholeMatch(of: /icon-[0-9a-f]{1,16}\.svg/) != nil)
    #expect(Set(PageIcon.files.map(\.name)).count == ComponentState.allCases.count)
    let picture = try Markup(file.bytes, isHTML: false)
    #expect(picture.elements[0].attributes["xmlns"] == "http://www.w3.org/2000/svg")
  }

  @Test func `a day with an event is a link with a title, and its row is one sentence`() throws {
    var page = Self.page
    page.groups = [
      ComponentGroup(
        id: "g", name: nil,
        components: [
          Samples.component(events: [
            0: ComponentDay(state: .degraded), 30: ComponentDay(state: .down, downtime: 8_520),
            60: ComponentDay(state: .noData, coverage: 0),
            61: ComponentDay(state: .maintenance, coverage: 500),
          ])
        ])
    ]
    let markup = try Markup(page.html(), isHTML: true)
    let strip = try #require(markup.all("svg").first { $0.attributes["class"] == "b" })
    #expect(
      strip.attributes["aria-label"]
        == "Last 90 days: 1 with downtime, 1 degraded, 1 with maintenance, 86 without downtime, 1 without data"
    )
    let links = markup.all("a").filter { $0.attributes["href"]?.contains("#d") == true }
    #expect(
      links.map(\.text) == [
        "30 Sep: maintenance, 50% measured", "31 Oct: down for 2 h 22 min", "30 Nov: degraded",
      ])
    #expect(
      links.map { $0.attributes["href"] } == [
        "/status/acme/history/2026-09#d30", "/status/acme/history/2026-10#d31",
        "/status/acme/history/2026-11#d30",
      ])
    // Narrow windows show thirty days, and let the keyboard come to no others.
    #expect(links.map { $0.attributes["class"] } == ["e", "e", nil])
    let runs = markup.all("path").filter { $0.attributes["class"] == "ru" }
    #expect(runs.map { $0.attributes["d"] } == ["M0 16h28M30 16h29M60 16h29"])
  }

  @Test func `bars stand at their right end, however few there are`() throws {
    var component = Samples.component()
    component.days = [ComponentDay(state: .up), ComponentDay(state: .down, downtime: 5)]
    var page = Self.page
    page.groups = [ComponentGroup(id: "g", name: nil, components: [component])]
    let markup = try Markup(page.html(), isHTML: true)
    #expect(markup.all("path").contains { $0.attributes["d"] == "M88 16h1" })
    #expect(markup.all("use").contains { $0.attributes["x"] == "89" })
  }

  @Test(arguments: ["2026-11", "2026-10", "2024-02", "2027-01", "0001-01", "9999-12"])
  func `a month has all its days up to today`(text: String) throws {
    let month = try #require(CalendarMonth(text))
    let markup = try Markup(Self.page.historyHTML(month), isHTML: true)
    let days = markup.all("section").compactMap { $0.attributes["id"] }
    let count = ["2026-11": 30, "2026-10": 31, "2024-02": 29][text] ?? 0
    #expect(days == (0..<count).reversed().map { "d\($0 + 1)" })
  }

  @Test func `the history tells of incidents and of bars on their days`() throws {
    let markup = try Markup(Self.page.historyHTML(CalendarMonth(of: Samples.now)), isHTML: true)
    let day = { (id: String) in markup.all("section").first { $0.attributes["id"] == id }?.text }
    #expect(day("d28")?.contains("Slow search") == true)
    #expect(day("d29")?.contains("down for 12 min") == true)
    #expect(day("d27")?.contains("No incidents.") == true)
  }

  @Test func `what is not there has no page`() {
    #expect(Self.page.incidentHTML("nothing") == nil)
    #expect(Self.page.componentHTML("nothing") == nil)
  }

  private static let sizes: [(Int, Int)] = [(3, 60_000), (90, 120_000)]

  @Test(arguments: sizes)
  func `thirty components make a small page, and a bad quarter doesn't make it huge`(
    bad: Int, most: Int
  ) {
    var page = Self.page
    let events = Dictionary(
      uniqueKeysWithValues: (0..<bad).map {
        ($0 * 90 / bad, ComponentDay(state: .down, downtime: 8_520))
      })
    page.groups = (0..<6).map { group in
      ComponentGroup(
        id: "g\(group)", name: "Group \(group)",
        components: (0..<5).map { number in
          Samples.component("c\(group)-\(number)", "Component \(group) \(number)", events: events)
        })
    }
    let size = page.html().count
    #expect(size < most, "\(size) bytes")
  }
}
