import Pages

/// Asks before a monitor is deleted.
public struct DeleteMonitorView: Sendable {
  public var frame: ConsoleFrame
  public var id: String
  public var name: String
  public var version: String

  public init(frame: ConsoleFrame, id: String, name: String, version: String) {
    self.frame = frame
    self.id = id
    self.name = name
    self.version = version
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Delete a monitor", isNarrow: true) { writer in
      writer.heading("Delete this monitor?")
      writer.raw("<p>")
      writer.isolated(name)
      writer.raw(
        " is not probed any more. Its results, verdicts and incidents stay to be read.</p>")
      writer.form("/monitors/\(id)/delete", frame)
      writer.hidden("version", version)
      writer.raw("<div class=\"send\"><button class=\"bad\">Delete the monitor</button>")
      writer.raw("<a href=\"/monitors/")
      writer.text(id)
      writer.raw("\">Keep it</a></div></form>\n")
    }
  }
}
