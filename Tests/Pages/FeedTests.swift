import Foundation
import JSON
import Testing

@testable import Pages

/// Feeds and pictures as another program reads them: Python's XML parser, in `read_xml.py`.
struct FeedTests {
  private static let page = Samples.page()

  /// Each document as `[name, text, attributes]` of its elements, all by one run of the program.
  private func read(_ documents: [[UInt8]]) throws -> [[JSONValue]] {
    let program = Process()
    program.executableURL = URL(filePath: "/usr/bin/env")
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "read_xml.py")
    program.arguments = ["python3", script.path()]
    let (input, output) = (Pipe(), Pipe())
    program.standardInput = input
    program.standardOutput = output
    try program.run()
    for document in documents {
      try input.fileHandleForWriting.write(
        contentsOf: Array("\(document.count)\n".utf8) + document)
    }
    try input.fileHandleForWriting.close()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    program.waitUntilExit()
    let found = try JSONValue(parsing: bytes).elements.map(\.elements)
    try #require(found.count == documents.count)
    return found
  }

  private static func texts(_ document: [JSONValue], _ name: String) -> [String] {
    document.filter { $0.elements[0].stringValue?.hasSuffix(name) == true }
      .map { $0.elements[1].stringValue ?? "" }
  }

  @Test func `another parser reads every feed and picture`() throws {
    var documents = [Self.page.atom(), Self.page.rss()] + Samples.pictures(of: Self.page)
    for text in Samples.hostile {
      let page = Samples.page(text: text)
      documents += [page.atom(), page.rss(), Badge.status(of: page).svg()]
    }
    let found = try read(documents)
    #expect(found.allSatisfy { $0.count > 3 })
    #expect(Self.texts(found[0], "}title").first == "Acme status")
    #expect(Self.texts(found[1], "guid").count == 4)
  }

  @Test func `an Atom feed has what RFC 4287 demands`() throws {
    let markup = try Markup(Self.page.atom(), isHTML: false)
    let feed = markup.elements[0]
    #expect(feed.name == "feed" && feed.attributes["xmlns"] == "http://www.w3.org/2005/Atom")
    let children = markup.elements.filter { $0.parent == 0 }.map(\.name)
    #expect(
      children == ["id", "title", "updated", "author", "link", "link"]
        + Array(repeating: "entry", count: 4))
    for (index, element) in markup.elements.enumerated() where element.name == "entry" {
      #expect(
        markup.elements.filter { $0.parent == index }.map(\.name)
          == ["id", "title", "link", "published", "updated", "content"])
    }
    let links = markup.all("link").compactMap { $0.attributes["href"] }
    #expect(links.allSatisfy { $0.hasPrefix("https://status.example.org/status/acme") })
    let updated = markup.all("updated").map(\.text)
    #expect(updated.dropFirst().elementsEqual(updated.dropFirst().sorted(by: >)))
    #expect(Set(markup.all("id").map(\.text)).count == 5)
  }

  @Test func `an RSS item keeps its name while it is renewed`() throws {
    var page = Self.page
    let guids = { (page: StatusPage) in
      try Markup(page.rss(), isHTML: false).all("guid").map(\.text).sorted()
    }
    let before = try guids(page)
    #expect(
      before == ["incident-i1", "incident-i2", "maintenance-m-3600000", "maintenance-m86400000"])
    page.incidents[0].updates.append(
      .init(id: "u9", status: .resolved, body: "Over.", at: Samples.now))
    page.incidents[0].resolvedAt = Samples.now
    #expect(try guids(page) == before)
    let markup = try Markup(page.rss(), isHTML: false)
    #expect(markup.all("title").map(\.text).contains("Resolved: Elevated errors"))
    #expect(markup.all("pubDate").first?.text == "Mon, 30 Nov 2026 20:44:00 +0000")
    let channel = markup.elements.filter { $0.parent == 1 }.map(\.name)
    #expect(channel.starts(with: ["title", "link", "description"]))
  }

  @Test func `a feed is the same until something changes`() {
    var page = Self.page
    page.groups = []
    page.incidents = []
    for updates in [[], page.maintenances[0].updates] {
      page.maintenances[0].updates = updates
      var later = page
      later.now += 60_000
      #expect(later.atom() == page.atom() && later.rss() == page.rss())
      for document in StatuspageDocument.allCases {
        #expect(document.bytes(of: later) == document.bytes(of: page))
      }
      #expect(page.maintenances[0].updatedAt(at: page.now) == page.maintenances[0].createdAt)
    }
    page.maintenances = []
    var later = page
    later.now += 60_000
    #expect(later.atom() == page.atom() && later.rss() == page.rss())
  }

  @Test func `every line of an update is one in a feed, and turns itself alone`() throws {
    var page = Self.page
    page.maintenances = []
    page.incidents = [Samples.incident("שלום!", body: "First,\nאתר ראשי.\n\nlast.")]
    page.incidents[0].updates.removeLast()
    let body = "<br/>First,<br/>\u{2068}אתר ראשי.\u{2069}<br/><br/>last.</p>"
    #expect(String(decoding: page.atom(), as: UTF8.self).contains(body))
    let item = try #require(Markup(page.rss(), isHTML: false).all("description").last)
    #expect(item.text.contains(body))
    for feed in [page.atom(), page.rss()] {
      let titles = try Markup(feed, isHTML: false).all("title").map(\.text)
      #expect(titles.last == "Investigating: \u{2068}שלום!\u{2069}")
    }
  }

  @Test func `a feed lists at most fifty`() throws {
    var page = Self.page
    page.incidents = (0..<80).map { number in
      var incident = Samples.incident(resolved: true)
      incident.id = "i\(number)"
      return incident
    }
    #expect(try Markup(page.atom(), isHTML: false).all("entry").count == 50)
    #expect(StatuspageDocument.incidents.value(of: page)["incidents"]?.elements.count == 50)
  }
}
