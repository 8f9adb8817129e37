import Conditions
import Testing
import WireFuzzing

@Suite struct `Matching` {
  static let costly: [(String, String)] = [
    ("(a*)*b", "a"), ("(a|a)*b", "a"), (".*.*.*x", "a"), ("(x+x+)+y", "x"), ("(a?){50}a{50}b", "a"),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", "a"), ("(a|aa)+$b", "a"), ("([a-z]+)*=", "q"),
    ("(.|.)*(.|.)*z", "é"), ("(?i)(k|K|s)*!", "k"), ("a{0,500}b", "a"),
    (#"(\w+\s?)*\x00"#, "ab "),
  ]

  static func steps(_ pattern: LinearPattern, _ text: String) -> Int {
    var matcher = PatternMatcher(pattern)
    let answer = Array(text.utf8).withUnsafeBytes { matcher.take($0) ?? matcher.finish() }
    #expect(answer == .absent)
    return matcher.steps
  }

  @Test(arguments: costly)
  func `costs steps in proportion to the text, whatever the pattern`(
    _ text: String, _ piece: String
  ) throws {
    let pattern = try LinearPattern(parsing: text)
    let counts = [2_000, 4_000, 8_000].map {
      Self.steps(pattern, String(repeating: piece, count: $0))
    }
    // What doubling the text adds doubles as well, and does no more.
    #expect(counts[2] - counts[1] <= 2 * (counts[1] - counts[0]) + 1_000)
    #expect(counts[2] < 8_000 * 1_200)
  }

  @Test func `that remembers nothing in vain still costs at most program times text`() throws {
    // After each letter another set of ways is open: 4096 of them.
    let pattern = try LinearPattern(parsing: "a[ab]{11}c")
    var generator = SeededGenerator(seed: 5)
    func text(_ count: Int) -> String {
      String((0..<count).map { _ in Bool.random(using: &generator) ? "a" : "b" })
    }
    let (short, long) = (Self.steps(pattern, text(20_000)), Self.steps(pattern, text(80_000)))
    // 14 instructions, and what it costs to look.
    #expect(long < 80_000 * 32)
    #expect(long < 5 * short)
  }

  @Test func `is given up when its steps are used up`() throws {
    let pattern = try LinearPattern(parsing: "(a|b|c|d).{40}0")
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    text.withUnsafeBytes { bytes in
      var steps = 10_000
      #expect(pattern.search(bytes, steps: &steps) == .tooCostly)
      #expect(steps == 0)
      steps = .max
      #expect(pattern.search(bytes, steps: &steps) == .absent)
      #expect(steps > .max - 40_000_000)
    }
  }

  @Test func `of a piece after the answer costs nothing more`() throws {
    var matcher = PatternMatcher(try LinearPattern(parsing: "b"))
    #expect(Array("aab".utf8).withUnsafeBytes { matcher.take($0) } == .matched)
    let steps = matcher.steps
    #expect(Array("aaaa".utf8).withUnsafeBytes { matcher.take($0) } == .matched)
    #expect(matcher.finish() == .matched)
    #expect(matcher.steps == steps)
  }

  @Test(arguments: [
    ("^220 .*ESMTP", "220 mail ESMTP", true), ("a|b+", "xb", true), ("", "", true),
    ("(ab?)*", "", true), ("a{2}(b*|c)", "aa", true), ("a$", "a", false), (#"a\b"#, "a", false),
    ("ab", "a", false),
  ])
  func `tells a match with its last character, unless what follows decides`(
    _ pattern: String, _ text: String, _ isKnown: Bool
  ) throws {
    var matcher = PatternMatcher(try LinearPattern(parsing: pattern))
    let answer = Array(text.utf8).withUnsafeBytes { matcher.take($0) }
    #expect(answer == (isKnown ? .matched : nil))
  }

  @Test(arguments: ["a.c", "^..$", "é日😀", "b$", #"\bb"#, "[^a]{3}", "\u{fffd}{2}", "(?m)^b$", ""])
  func `does not depend on how the text is cut`(_ text: String) throws {
    let pattern = try LinearPattern(parsing: text)
    let inputs: [[UInt8]] = [
      Array("aéc".utf8), Array("é日😀".utf8), Array("a\nb\nc".utf8), [], [0xe2, 0x82],
      [0x61, 0xff, 0x63], [0xe2, 0x28, 0xa1], [0xf0, 0x9f, 0x98, 0x61],
      [0xc0, 0x80, 0xed, 0xa0, 0x80],
    ]
    for input in inputs {
      let whole = input.withUnsafeBytes { pattern.matches($0) }
      for first in 0...input.count {
        for second in first...input.count {
          var matcher = PatternMatcher(pattern)
          for piece in [input[..<first], input[first..<second], input[second...]] {
            _ = piece.withUnsafeBytes { matcher.take($0) }
          }
          #expect((matcher.finish() == .matched) == whole, "\(input) at \(first), \(second)")
        }
      }
    }
  }

  @Test(
    arguments: [
      ([0xff], "^.$"), ([0xe2, 0x82], "^..$"), ([0xe2, 0x82, 0xac], "^.$"),
      ([0x61, 0xe9, 0x62], "^a[^x]b$"), ([0xed, 0xa0, 0x80], "^.{3}$"),
      ([0xf4, 0x90, 0x80, 0x80], "^.{4}$"),
      ([0xc1, 0x81], "^\u{fffd}{2}$"), ([0xf0, 0x9f, 0x98, 0x61], "^...a$"),
    ] as [([UInt8], String)])
  func `takes each byte that is no character for one`(_ bytes: [UInt8], _ text: String) throws {
    let pattern = try LinearPattern(parsing: text)
    #expect(bytes.withUnsafeBytes { pattern.matches($0) })
  }
}
