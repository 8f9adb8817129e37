import JSON
import Testing

@testable import Pages

/// Names and bodies that try to be more than text, on every page, picture, feed and document.
struct HostileTextTests {
  /// What of a text is shown: all but what can't be shown and what turns the direction.
  private static func shown(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0a: scalars.append(scalar)
      case 0..<0x20, 0x7f...0x9f, 0x202a...0x202e, 0x2066...0x2069, 0xfffe, 0xffff: break
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  @Test(arguments: Samples.hostile.indices)
  func `a text changes no page but by itself`(index: Int) throws {
    let text = Samples.hostile[index]
    let (plain, hostile) = (Samples.page(text: "plain"), Samples.page(text: text))
    for (plain, hostile) in zip(Samples.documents(of: plain), Samples.documents(of: hostile)) {
      let markup = try Markup(hostile, isHTML: true)
      #expect(try markup.shape == Markup(plain, isHTML: true).shape)
      #expect(!Self.turns(hostile))
    }
    let markup = try Markup(hostile.html(), isHTML: true)
    #expect(markup.all("bdi").contains { $0.text == Self.shown(text) })
    #expect(markup.all("p").contains { $0.text == Self.shown(text) })
  }

  @Test(arguments: Samples.hostile.indices)
  func `a text changes no picture but by itself`(index: Int) throws {
    let text = Samples.hostile[index]
    let (plain, hostile) = (Samples.page(text: "plain"), Samples.page(text: text))
    for (plain, hostile) in zip(Samples.pictures(of: plain), Samples.pictures(of: hostile)) {
      #expect(try Markup(hostile, isHTML: false).shape == Markup(plain, isHTML: false).shape)
      #expect(hostile.count < 40_000)
    }
  }

  @Test(arguments: Samples.hostile.indices)
  func `a text changes no feed but by itself`(index: Int) throws {
    let (plain, hostile) = (Samples.page(text: "plain"), Samples.page(text: Samples.hostile[index]))
    for feed in [StatusPage.atom, StatusPage.rss] {
      let (one, other) = (feed(plain)(), feed(hostile)())
      // Lines of a text stay lines.
      let (shape, usual) = (
        try Markup(other, isHTML: false).shape, try Markup(one, isHTML: false).shape
      )
      #expect(shape.filter { $0 != "br" } == usual.filter { $0 != "br" })
      #expect(!Self.turns(other))
    }
    // The HTML within RSS is as harmless as the feed around it.
    for item in try Markup(hostile.rss(), isHTML: false).all("description").dropFirst() {
      let inner = Array("<div>\(item.text)</div>".utf8)
      let names = Set(try Markup(inner, isHTML: false).elements.map(\.name))
      #expect(names.isSubset(of: ["div", "p", "strong", "br"]))
    }
  }

  @Test(arguments: Samples.hostile.indices)
  func `a text is itself in every document`(index: Int) throws {
    let text = Samples.hostile[index]
    let page = Samples.page(text: text)
    let document = try JSONValue(parsing: StatuspageDocument.summary.bytes(of: page))
    #expect(document["page"]?["name"] == .string(text))
    #expect(document["components"]?.elements.contains { $0["name"] == .string(text) } == true)
    let shields = try JSONValue(parsing: Badge.status(of: page).shields.bytes)
    #expect((shields["label"]?.stringValue?.count ?? 99) <= 49)
  }

  /// Whether marks that turn the direction are left, other than isolates of our own.
  private static func turns(_ bytes: [UInt8]) -> Bool {
    var depth = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar.value {
      case 0x202a...0x202e, 0x2066, 0x2067: return true
      case 0x2068: depth += 1
      case 0x2069: depth -= 1
      default: break
      }
      if !(0...1 ~= depth) { return true }
    }
    return depth != 0
  }

  @Test func `ids are encoded where they stand in an address`() {
    #expect(
      Samples.address.incident("a/../b?c#d\"<é>")
        == "/status/acme/incidents/a%2F%2E%2E%2Fb%3Fc%23d%22%3C%C3%A9%3E")
  }
}
