import Pages

/// Asks before something is deleted.
public struct DeleteView: Sendable {
  public var frame: ConsoleFrame
  /// What it is, such as "monitor".
  public var thing: String
  public var name: String
  /// What happens then, said of its name.
  public var consequence: String
  /// Its page, where whoever keeps it goes on.
  public var path: String
  /// The version that was shown.
  public var version: String

  public init(
    frame: ConsoleFrame, thing: String, name: String, consequence: String, path: String,
    version: String
  ) {
    self.frame = frame
    self.thing = thing
    self.name = name
    self.consequence = consequence
    self.path = path
    self.version = version
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Delete a \(thing)", isNarrow: true) { writer in
      writer.raw("<div class=\"head\"><h1>Delete this ")
      writer.text(thing)
      writer.raw("?</h1></div>\n<p>")
      writer.isolated(name)
      writer.raw(" ")
      writer.text(consequence)
      writer.raw("</p>")
      writer.form("\(path)/delete", frame)
      writer.hidden("version", version)
      writer.raw("<div class=\"send\"><button class=\"bad\">Delete the ")
      writer.text(thing)
      writer.raw("</button><a href=\"")
      writer.text(path)
      writer.raw("\">Keep it</a></div></form>\n")
    }
  }
}
