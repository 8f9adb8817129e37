import Pages

/// A page that says one thing: what went wrong, or that there is nothing.
public struct MessageView: Sendable {
  public var frame: ConsoleFrame
  public var title: String
  public var text: String

  public init(frame: ConsoleFrame, title: String, text: String) {
    self.frame = frame
    self.title = title
    self.text = text
  }

  public func bytes() -> [UInt8] {
    frame.document(title: title, isNarrow: true) { writer in
      writer.raw("<div class=\"head\"><h1>")
      writer.text(title)
      writer.raw("</h1></div>\n<p>")
      writer.isolated(text)
      writer.raw("</p>\n<p class=\"pages\"><a href=\"/\">To the overview</a></p>\n")
    }
  }
}
