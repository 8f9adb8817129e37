import ArgumentParser
import JSON
import UpblitClient

/// `upblit delivery`.
struct DeliveryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delivery", abstract: "Show what channels were told, and send again what failed.",
    discussion: """
        upblit delivery list --state failed
        upblit delivery list --incident 1b4e28ba
        upblit delivery replay 7c9e6679
      """,
    subcommands: [DeliveryList.self, GetCommand<Delivery>.self, DeliveryReplay.self])
}

extension Delivery: Commanded {
  static let commandWords = "delivery"
  static let example = "7c9e6679"
  static let handle = "Its id, or the beginning of its id."

  static let listing = Listing<Delivery>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "STATE") { .state($0.state) },
      .init(title: "CHANNEL") { Cell($0.channelName) },
      .init(title: "TEXT") { Cell($0.words) },
      .init(title: "TRIES", isNumber: true) { Cell(String($0.attempts)) },
      .init(title: "SENT") { .moment($0.sentAt) },
      .init(title: "NEXT", isWide: true) { .moment($0.nextAt) },
      .init(title: "INCIDENT", isWide: true) { .id($0.incident) },
      .init(title: "WHY", isOptional: true) { Cell($0.reason ?? "") },
    ])

  static func details(_ delivery: Delivery) -> String {
    var rows = Details()
    rows.add("id", delivery.id)
    rows.add("state", delivery.state, state: delivery.state)
    rows.add("channel", delivery.channelName)
    rows.add("monitor", delivery.monitorName)
    rows.add("incident", delivery.incident)
    rows.add("text", delivery.words)
    rows.add("event", delivery.event)
    rows.add("tries", String(delivery.attempts))
    rows.add("why", delivery.reason)
    rows.add("due", delivery.dueAt?.display)
    rows.add("next", delivery.nextAt?.display)
    rows.add("sent", delivery.sentAt?.display)
    return rows.text
  }
}

/// `upblit delivery list`.
struct DeliveryList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List deliveries, newest first.",
    discussion: """
        upblit delivery list
        upblit delivery list --channel ops --state failed
        upblit delivery list --incident 1b4e28ba -o json
      """)

  @Option(help: "Only this channel's: its name, its id, or the beginning of its id.")
  var channel: String?

  @Option(help: "Only this incident's: its id, or the beginning of its id.")
  var incident: String?

  @Option(help: "Only those that are pending, sending, delivered, superseded or failed.")
  var state: String?

  @OptionGroup var most: LimitOption
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var query: [(String, String?)] = [("state", state)]
      if let channel { query.append(("channel", try await Channel.finder(client).id(channel))) }
      if let incident { query.append(("incident", try await Incident.finder(client).id(incident))) }
      let found: [Delivery] = try await client.list(Delivery.path, query, limit: most.limit)
      try Printer(options).list(
        found, as: Delivery.listing, empty: "Nothing was, or is to be, sent.")
    }
  }
}

/// `upblit delivery replay`.
struct DeliveryReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Send a delivery again that failed.",
    discussion: """
      It keeps its identifier, by which receivers know a repetition.

        upblit delivery replay 7c9e6679
      """)

  @Argument(help: ArgumentHelp(Delivery.handle, valueName: Delivery.valueName))
  var delivery: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Delivery.finder(client).id(delivery)
      let answer = try await client.send(APIRequest("POST", "\(Delivery.path)/\(id)/replay"))
      try Printer(options).item(
        Delivery(answer.json), as: Delivery.listing, details: Delivery.details)
    }
  }
}
