extension StatusPage {
  /// Incidents and maintenance as an Atom feed (RFC 4287).
  public func atom() -> [UInt8] {
    let entries = FeedEntry.all(of: self)
    var writer = MarkupWriter(capacity: 2048 + entries.count * 1024)
    writer.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
    writer.raw("<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>")
    writer.text(address.absolute(address.page))
    writer.raw("</id>\n<title>")
    writer.plain(name)
    writer.raw(" status</title>\n<updated>")
    writer.text(Moment(entries.first?.updated ?? updatedAt).internet)
    writer.raw("</updated>\n<author><name>")
    writer.plain(name)
    writer.raw("</name></author>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"")
    writer.text(address.absolute(address.atom))
    writer.raw("\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"")
    writer.text(address.absolute(address.page))
    writer.raw("\"/>\n")
    for entry in entries { Self.write(entry, into: &writer) }
    writer.raw("</feed>\n")
    return writer.bytes
  }

  private static func write(_ entry: FeedEntry, into writer: inout MarkupWriter) {
    writer.raw("<entry>\n<id>")
    writer.text(entry.link)
    writer.raw("</id>\n<title>")
    entry.title(into: &writer)
    writer.raw("</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"")
    writer.text(entry.link)
    writer.raw("\"/>\n<published>")
    writer.text(Moment(entry.published).internet)
    writer.raw("</published>\n<updated>")
    writer.text(Moment(entry.updated).internet)
    writer.raw("</updated>\n<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">")
    entry.paragraphs(into: &writer)
    writer.raw("</div></content>\n</entry>\n")
  }
}
