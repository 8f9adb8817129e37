/// What every page of a status page has around its content.
struct PageFrame {
  let page: StatusPage
  /// Before the page's name in the title; `nil` of the page itself.
  var title: String?

  /// A whole document whose main part `content` writes.
  func document(capacity: Int = 16_384, _ content: (inout MarkupWriter) -> Void) -> [UInt8] {
    var writer = MarkupWriter(capacity: capacity)
    head(&writer)
    writer.raw("<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n")
    writer.raw(StateIcon.definitions)
    header(&writer)
    writer.raw("<main id=\"main\">\n")
    content(&writer)
    writer.raw("</main>\n")
    footer(&writer)
    writer.raw("</body>\n</html>\n")
    return writer.bytes
  }

  private func head(_ writer: inout MarkupWriter) {
    writer.raw("<!DOCTYPE html>\n<html lang=\"")
    writer.text(page.language)
    writer.raw(
      """
      ">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>
      """)
    if let title {
      writer.plain(title)
      writer.raw(" \u{2013} ")
    }
    writer.plain(page.name)
    writer.raw(" status</title>\n<link rel=\"stylesheet\" href=\"")
    writer.text(page.address.stylesheet)
    writer.raw("\">\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"")
    writer.text(page.address.icon(page.banner.state))
    writer.raw("\">\n<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Atom\" href=\"")
    writer.text(page.address.atom)
    writer.raw("\">\n<link rel=\"alternate\" type=\"application/rss+xml\" title=\"RSS\" href=\"")
    writer.text(page.address.rss)
    writer.raw("\">\n</head>\n")
  }

  private func header(_ writer: inout MarkupWriter) {
    writer.raw("<header class=\"top\">\n")
    writer.raw(title == nil ? "<h1>" : "<p class=\"name\">")
    writer.raw("<a href=\"")
    writer.text(page.address.page)
    writer.raw("\">")
    writer.isolated(page.name)
    writer.raw(" <span class=\"what\">Status</span></a>")
    writer.raw(title == nil ? "</h1>\n" : "</p>\n")
    writer.raw("<nav aria-label=\"Page\"><a href=\"")
    writer.text(page.address.history)
    writer.raw("\">History</a> <a href=\"")
    writer.text(page.address.atom)
    writer.raw("\">Atom</a> <a href=\"")
    writer.text(page.address.rss)
    writer.raw("\">RSS</a></nav>\n</header>\n")
  }

  private func footer(_ writer: inout MarkupWriter) {
    writer.raw("<footer>\n<p>")
    writer.text(PageUptime.rule)
    writer.raw(" Days and times are in UTC.</p>\n<p>As of ")
    writer.time(page.now)
    writer.raw(". Measured by Upblit.</p>\n</footer>\n")
  }
}
