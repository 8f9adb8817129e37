import ArgumentParser
import JSON
import UpblitClient

/// `upblit notice`.
struct NoticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice",
    abstract: "Show what people were told, and how urgently.",
    discussion: """
        upblit notice list
        upblit notice list --monitor shop --urgency page
      """,
    subcommands: [NoticeList.self])

  static let path = "/api/v1/notices"

  static let listing = Listing<Notice>(
    name: { $0.json["id"]?.stringValue ?? "" },
    columns: [
      .init(title: "TOLD") { .moment($0.createdAt) },
      .init(title: "URGENCY") { Cell($0.urgency) },
      .init(title: "KIND") { Cell($0.kind) },
      .init(title: "MONITOR") { Cell($0.monitorName) },
      .init(title: "INCIDENT") { .id($0.incident) },
      .init(title: "TEXT") { Cell($0.text) },
    ])

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
struct NoticeList: AsyncParsableCommand {
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

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var ids: [(String, String?)] = [("urgency", urgency)]
      if let monitor {
        ids.append(("monitor", try await Monitor.finder(client).id(monitor)))
      }
      if let incident {
        ids.append(("incident", try await Incident.finder(client).id(incident)))
      }
      let notices: [Notice] = try await client.list(NoticeCommand.path, ids, limit: limit)
      try Printer(options).list(
        notices, as: NoticeCommand.listing, empty: "Nobody was told anything.")
    }
  }
}
