import Testing

@testable import Alerts

struct SafeTextTests {
  @Test(arguments: [
    ("API", "API"),
    (" two\t\n words\r\n ", "two words"),
    ("a\r\nBcc: x@example.org", "a Bcc: x@example.org"),
    ("a\u{0}b\u{7}c\u{7f}d\u{9b}e", "abcde"),
    ("line\u{2028}next\u{85}last", "line next last"),
    ("abc\u{202e}gpj.exe", "abcgpj.exe"),
    ("\u{2066}\u{200f}x\u{2069}\u{feff}\u{200b}\u{61c}", "x"),
    ("family 👨‍👩‍👧‍👦 flag 🇩🇪 wave 👋🏽 heart ❤️", "family 👨‍👩‍👧‍👦 flag 🇩🇪 wave 👋🏽 heart ❤️"),
    ("क्षि की", "क्षि की"), ("🏴\u{e0067}\u{e0062}\u{e007f}!", "🏴\u{e0067}\u{e0062}\u{e007f}!"),
    ("see\u{e0069}\u{e0067}\u{3164}", "see"),
    ("\u{202e}\n\u{0}", ""),
  ])
  func `texts of others are one line of nothing but characters`(text: String, expected: String) {
    #expect(SafeText.line(text, limit: 100) == expected)
  }

  @Test func `marks are not stacked up without end`() {
    let tower = SafeText.line("e" + String(repeating: "\u{301}", count: 5000), limit: 10)
    #expect(tower.unicodeScalars.count == 9)
  }

  @Test func `a long text is cut, and costs no more than its beginning`() {
    let long = SafeText.line(String(repeating: "x", count: 1_000_000), limit: 20)
    #expect(long == String(repeating: "x", count: 19) + "…")
  }

  @Test func `what runs from right to left ends where it ends`() {
    #expect(SafeText.isolated("API") == "API")
    #expect(SafeText.isolated("שלום") == "\u{2068}שלום\u{2069}")
    #expect(SafeText.isolated("موقع") == "\u{2068}موقع\u{2069}")
  }

  @Test(arguments: [
    (TextPlace.html, "<b>\"x\" & 'y'</b>", "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;"),
    (.html, "<\u{338}script>", "&lt;\u{338}script&gt;"),
    (.slack, "<!channel> & \"x\"", "&lt;!channel&gt; &amp; \"x\""),
    (.discord, "<@1> @everyone **b** [a](b)", #"\<\@1\> \@everyone \*\*b\*\* \[a\]\(b\)"#),
    (.plain, "<&>", "<&>"),
  ])
  func `each place has its escapes`(place: TextPlace, text: String, expected: String) {
    #expect(place.escape(text) == expected)
  }

  @Test(arguments: [
    ("abcdef", TextLimit(6, .characters), TextPlace.plain, "abcdef"),
    ("abcdef", TextLimit(5, .characters), .plain, "abcd…"),
    ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", TextLimit(2, .characters), .plain, "👨‍👩‍👧‍👦…"),
    // A family takes 11 UTF-16 units and 25 bytes: never half of one.
    ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", TextLimit(21, .utf16), .plain, "👨‍👩‍👧‍👦…"),
    ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", TextLimit(27, .bytes), .plain, "…"),
    ("a&b&c", TextLimit(12, .utf16), .html, "a&amp;b…"),
    ("a&b", TextLimit(6, .utf16), .html, "a…"),
    ("<\u{338}b>", TextLimit(20, .utf16), .html, "&lt;\u{338}b&gt;"),
    ("\u{2068}שלום\u{2069}", TextLimit(5, .characters), .plain, "\u{2068}של…\u{2069}"),
    ("abc", TextLimit(2, .bytes), .plain, ""),
    ("", TextLimit(0, .bytes), .plain, ""),
  ])
  func `texts are cut between characters, as they are counted where they go`(
    text: String, limit: TextLimit, place: TextPlace, expected: String
  ) {
    let clipped = limit.clip(text, for: place)
    #expect(clipped == expected)
    #expect(limit.measure(clipped) <= limit.count)
  }

  @Test(arguments: [
    (100, 0, "one\ntwo\nthree"), (100, 17, "one\ntwo\nthree\nand 17 more"),
    (13, 0, "one\ntwo\nthree"), (20, 17, "one\ntwo\nand 18 more"), (18, 17, "one\nand 19 more"),
    (12, 0, "and 3 more"),
  ])
  func `lines that do not fit are counted`(count: Int, more: Int, expected: String) {
    #expect(TextLimit(count, .bytes).join(["one", "two", "three"], more: more) == expected)
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00Z", "Thu, 1 Jan 1970 00:00:00 +0000"),
    (951_782_400_000, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
    (1_763_805_600_999, "2025-11-22T10:00:00Z", "Sat, 22 Nov 2025 10:00:00 +0000"),
    (-1000, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
    (.max, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 +0000"),
    (.min, "0000-01-01T00:00:00Z", "Sat, 1 Jan 0000 00:00:00 +0000"),
  ])
  func `moments are written as programs and mails have them`(
    milliseconds: Int64, internet: String, mail: String
  ) {
    let time = CalendarTime(milliseconds: milliseconds)
    #expect(time.internet == internet)
    #expect(time.mail == mail)
  }

  @Test(arguments: [
    ("Sat, 22 Nov 2025 10:00:00 GMT", Int64(1_763_805_600)), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400), ("Sat, 22 Nov 2025 10:00:00 CET", nil),
    ("Sat, 22 Nov 2025 25:00:00 GMT", nil), ("soon", nil), ("", nil),
  ])
  func `dates of HTTP are read`(text: String, seconds: Int64?) {
    #expect(CalendarTime.seconds(httpDate: text) == seconds)
  }
}
