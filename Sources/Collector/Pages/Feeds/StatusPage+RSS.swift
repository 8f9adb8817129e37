extension StatusPage {
  /// Incidents and maintenance as an RSS 2.0 feed.
  public func rss() -> [UInt8] {
    let entries = FeedEntry.all(of: self)
    var writer = MarkupWriter(capacity: 2048 + entries.count * 1024)
    writer.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
    writer.raw(
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n<title>")
    writer.plain(name)
    writer.raw(" status</title>\n<link>")
    writer.text(address.absolute(address.page))
    writer.raw("</link>\n<description>Incidents and maintenance of ")
    writer.plain(name)
    writer.raw("</description>\n<language>")
    writer.text(language)
    writer.raw("</language>\n<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"")
    writer.text(address.absolute(address.rss))
    writer.raw("\"/>\n<lastBuildDate>")
    writer.text(Moment(entries.first?.updated ?? updatedAt).mail)
    writer.raw("</lastBuildDate>\n")
    for entry in entries { Self.write(entry, into: &writer) }
    writer.raw("</channel>\n</rss>\n")
    return writer.bytes
  }

  private static func write(_ entry: FeedEntry, into writer: inout MarkupWriter) {
    // A description is HTML within text: its markup is escaped once more.
    var description = MarkupWriter(capacity: 1024)
    entry.paragraphs(into: &description)
    writer.raw("<item>\n<guid isPermaLink=\"false\">")
    writer.text(entry.key)
    writer.raw("</guid>\n<title>")
    entry.title(into: &writer)
    writer.raw("</title>\n<link>")
    writer.text(entry.link)
    writer.raw("</link>\n<pubDate>")
    writer.text(Moment(entry.updated).mail)
    writer.raw("</pubDate>\n<description>")
    writer.quoted(description)
    writer.raw("</description>\n</item>\n")
  }
}
