import JSON
import Model
import Testing

@testable import Store

struct KnownChecksTests {
  private func check(_ port: UInt16) -> Check { .tcp(TCPCheck(host: "a", port: port)) }

  @Test func `a text is read once, another by itself, and a mistake every time`() throws {
    let known = KnownChecks(most: 10)
    var reads: [String] = []
    func read(_ text: String) throws(FieldErrors) -> Check {
      try known.check(
        of: text,
        { text throws(FieldErrors) in
          reads.append(text)
          guard let port = UInt16(text) else {
            var errors = FieldErrors()
            errors.add("", "is no number")
            throw errors
          }
          return check(port)
        }
      ).check
    }
    for text in ["1", "1", "23", "1", "23"] { #expect(try read(text) == check(UInt16(text) ?? 0)) }
    #expect(reads == ["1", "23"])
    for _ in 0..<2 { #expect(throws: FieldErrors.self) { try read("x") } }
    #expect(reads == ["1", "23", "x", "x"])
    // Too much to remember: the others are forgotten.
    #expect(try read("00000004") == check(4))
    #expect(try read("1") == check(1))
    #expect(reads.suffix(2) == ["00000004", "1"])
    // More than may be remembered at all.
    for _ in 0..<2 { #expect(try read("00000000005") == check(5)) }
    #expect(reads.suffix(2) == ["00000000005", "00000000005"])
  }
}
