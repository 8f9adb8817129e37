import Link
import Testing

@Suite struct LinkTextTests {
  @Test(
    arguments: [
      ("x\r\nstate = live", "xstate = live"), ("a\u{1b}[2Jb", "a[2Jb"),
      ("a\u{9b}2Jb\u{7f}", "a2Jb"), ("\"quoted\" \\", "quoted "),
      ("a\u{202e}b\u{2066}c\u{2069}", "abc"), ("Zürich 東京", "Zürich 東京"), ("", ""),
    ])
  func `a peer's text is left without what a line or a terminal obeys`(
    text: String, plain: String
  ) {
    #expect(text.plain.unicodeScalars.elementsEqual(plain.unicodeScalars))
  }
}
