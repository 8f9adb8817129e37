import ArgumentParser
import JSON

/// `upblit notice`.
struct Notice: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what people were told, and how urgently.",
    discussion: """
        upblit notice list
        upblit notice list --monitor shop --urgency page
      """,
    subcommands: [NoticeList.self])

  static let path = "/api/v1/notices"

  /// `page, shop is down: 3 of 3 regions fail`, for a timeline.
  static func words(_ notice: JSONValue) -> String {
    let text = DisplayText.escaped(notice["text"]?.stringValue ?? "?")
    return "\(urgency(notice["urgency"]?.stringValue)), \(text)"
  }

  private static func urgency(_ word: String?) -> String {
    switch word {
    case "admins": "the admins alone"
    case "none": "nobody"
    case let other?: DisplayText.escaped(other)
    case nil: "?"
    }
  }
}

/// `upblit notice list`.
struct NoticeList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List notices, newest first.",
    discussion: """
        upblit notice list
        upblit notice list --monitor shop --urgency page
        upblit notice list --incident 1b4e28ba -o json
      """)

  @Option(help: "Only this monitor's: its name, its id, or the beginning of its id.")
  var monitor: String?

  @Option(help: "Only this incident's: its id, or the beginning of its id.")
  var incident: String?

  @Option(help: "Only those that are this urgent: page, notify, admins or none.")
  var urgency: String?

  @Option(help: "At most so many.")
  var limit: Int = 50

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      var ids: [(String, String?)] = [("urgency", urgency)]
      if let monitor { ids.append(("monitor", try Monitor.finder(client).id(monitor))) }
      if let incident { ids.append(("incident", try Incident.finder(client).id(incident))) }
      let notices = try client.list(Notice.path, ids, limit: limit)
      if options.output == .json {
        return Console.out(JSONValue.array(notices).indentedText + "\n")
      }
      if notices.isEmpty { return Console.error("Nobody was told anything.") }
      var table = Table(["TOLD", "URGENCY", "KIND", "MONITOR", "INCIDENT", "TEXT"])
      for notice in notices {
        table.add([
          Moment.display(notice["created_at"]?.stringValue),
          notice["urgency"]?.stringValue ?? "?", notice["kind"]?.stringValue ?? "?",
          notice["monitor"]?["name"]?.stringValue ?? "?",
          notice["incident"]?.stringValue.map { String($0.prefix(8)) } ?? "-",
          notice["text"]?.stringValue ?? "?",
        ])
      }
      Console.out(table.text(columns: Console.columns))
    }
  }
}
