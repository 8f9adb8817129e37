import Testing

@testable import API

struct HTMLTextTests {
  @Test(
    arguments: [
      ("<b>", "&lt;b&gt;"), ("a & \"b\" 'c'", "a &amp; &quot;b&quot; &#39;c&#39;"),
      // Joined to a mark, markup is still markup.
      ("<\u{301}script>\u{200d}", "&lt;\u{301}script&gt;\u{200d}"), ("é\u{1f468}", "é\u{1f468}"),
    ])
  func `what is markup in words is escaped, whatever it is joined to`(
    words: String, escaped: String
  ) {
    #expect(Array(HTMLText.escaped(words).utf8) == Array(escaped.utf8))
  }

  @Test func `paragraphs are parted by empty lines, and code stands between backticks`() {
    var html = HTMLText()
    html.prose("a\nb `c<d`\n\n\ne`")
    #expect(
      String(decoding: html.bytes, as: UTF8.self)
        == "<p>a b <code>c&lt;d</code></p><p>e<code></code></p>")
  }
}
