import JSON
import Testing

@testable import Console

/// What pages are made of, without a server.
struct ConsolePageTests {
  private static func frame() -> ConsoleFrame {
    let viewer = Viewer(
      account: [
        "name": "Ann", "email": "ann@example.org",
        "organizations": [["id": "1", "name": "<main>"]],
      ], chosen: nil)
    return ConsoleFrame(viewer: viewer, section: .overview, now: 1_796_071_447_120)
  }

  private static func monitor(_ name: String, _ state: String) -> JSONValue {
    [
      "id": .string(name), "name": .string(name), "state": .string(state),
      "check": ["kind": "http"],
    ]
  }

  @Test func `the overview shows the worst first, and names it`() throws {
    let states = ["up", "down", "degraded", "paused", "regional"]
    var counts: JSONValue = ["total": 5]
    if case .object(var object) = counts {
      for state in states { object[state] = 1 }
      counts = .object(object)
    }
    let page = String(
      decoding: OverviewView(
        frame: Self.frame(), status: ["monitors": counts, "open_incidents": []],
        monitors: states.map { Self.monitor("m-\($0)", $0) }, silentAgents: []
      ).bytes(), as: UTF8.self)
    #expect(page.contains("<h1 data-say>1 monitor is down, 2 more are not well</h1>"))
    let places = try ["down", "regional", "degraded", "up", "paused"].map {
      try #require(page.firstRange(of: "/monitors/m-\($0)")).lowerBound
    }
    #expect(places == places.sorted())
    #expect(page.contains("<bdi>&lt;main&gt;</bdi>") && !page.contains("<main>\n<header"))
  }

  @Test func `style and script reach for nothing, and their names change with them`() {
    let style = String(decoding: ConsoleStylesheet.bytes, as: UTF8.self)
    #expect(!style.contains("url(") && !style.contains("@import"))
    #expect(style.count { $0 == "{" } == style.count { $0 == "}" })
    #expect(ConsoleStylesheet.name.wholeMatch(of: /console-[0-9a-f]{1,16}\.css/) != nil)
    #expect(ConsoleScript.name.wholeMatch(of: /console-[0-9a-f]{1,16}\.js/) != nil)
    let script = String(decoding: ConsoleScript.bytes, as: UTF8.self)
    for word in ["eval", "innerHTML = ", "http:", "https:", "document.write"] {
      #expect(!script.contains(word))
    }
  }
}
