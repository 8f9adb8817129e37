import Foundation
import Testing

@testable import Pages

/// The stylesheet: its name, what it must not hold, and its contrasts.
struct StylesheetTests {
  private static let text = String(decoding: Stylesheet.bytes, as: UTF8.self)

  @Test func `it reaches for nothing and closes what it opens`() {
    #expect(!Self.text.contains("url(") && !Self.text.contains("@import"))
    #expect(Self.text.count { $0 == "{" } == Self.text.count { $0 == "}" })
    #expect(Stylesheet.name.wholeMatch(of: /status-[0-9a-f]{1,16}\.css/) != nil)
    #expect(Samples.address.stylesheet == "/status-assets/\(Stylesheet.name)")
  }

  /// The colours of one scheme by name: those of the second block override the first.
  private static func colours(dark: Bool) -> [String: String] {
    var colours: [String: String] = [:]
    let blocks = text.matches(of: /:root\{[^}]*\}/).map { String($0.output) }
    for block in blocks.prefix(dark ? 2 : 1) {
      for match in block.matches(of: /--([a-z]+):(#[0-9a-f]+)/) {
        colours[String(match.output.1)] = String(match.output.2)
      }
    }
    return colours
  }

  /// Relative luminance (WCAG 2.2).
  private static func luminance(_ colour: String) -> Double {
    let digits: [Int] = colour.dropFirst().map { $0.hexDigitValue ?? 0 }
    var parts: [Int] = []
    if digits.count == 3 {
      parts = digits.map { $0 * 17 }
    } else {
      for index in [0, 2, 4] { parts.append(digits[index] * 16 + digits[index + 1]) }
    }
    let linear: [Double] = parts.map { part in
      let value = Double(part) / 255
      if value <= 0.04045 { return value / 12.92 }
      return pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  private static func contrast(_ one: String, _ other: String) -> Double {
    let (first, second) = (luminance(one), luminance(other))
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  @Test(arguments: [false, true])
  func `text and shapes stand out against their ground`(dark: Bool) throws {
    let colours = Self.colours(dark: dark)
    #expect(colours.count == 20)
    #expect(abs(Self.contrast("#fff", "#000") - 21) < 0.01)
    for ground in ["ground", "card"] {
      for text in ["ink", "soft", "tu", "td", "tx", "tm", "tn"] {
        let contrast = Self.contrast(try #require(colours[text]), try #require(colours[ground]))
        #expect(contrast >= 4.5, "\(text) on \(ground): \(contrast)")
      }
      for shape in ["u", "d", "x", "m", "n"] {
        let contrast = Self.contrast(try #require(colours[shape]), try #require(colours[ground]))
        #expect(contrast >= 3, "\(shape) on \(ground)")
      }
    }
    for state in ["u", "d", "x", "m", "n"] {
      let banner = try #require(colours["b\(state)"])
      #expect(Self.contrast(try #require(colours["ink"]), banner) >= 7)
      #expect(Self.contrast(try #require(colours["soft"]), banner) >= 4.5)
      #expect(Self.contrast(try #require(colours[state]), banner) >= 3, "\(state) on its banner")
    }
  }

  @Test(arguments: ComponentState.allCases)
  func `white text can be read on every badge`(state: ComponentState) {
    #expect(Self.contrast("#fff", "\(state.colour.hexadecimal)") >= 4.5)
  }
}
