import ArgumentParser
import JSON
import UpblitClient

/// `upblit maintenance`.
struct MaintenanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maintenance",
    abstract: "Plan maintenances, within which nobody is told of what goes wrong.",
    discussion: """
      Probes, verdicts and incidents go on. At the end all regions are asked afresh,
      and what is down then is told.

        upblit maintenance create 'new database' --monitor shop --for 2h
        upblit maintenance list --state running
        upblit maintenance end 1b4e28ba
      """,
    subcommands: [
      MaintenanceCreate.self, MaintenanceList.self, GetCommand<Maintenance>.self,
      MaintenanceEdit.self, RemoveCommand<Maintenance>.self,
    ])

  static let listing = Listing<Maintenance>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "STATE") { .state($0.state) },
      .init(title: "STARTS") { .moment($0.startsAt) },
      .init(title: "ENDS") { .moment($0.endsAt) },
      .init(title: "MONITORS") { Cell(monitors($0.json)) },
      .init(title: "TITLE") { Cell($0.title) },
    ])

  /// `all`, or the names of its monitors.
  static func monitors(_ maintenance: JSONValue) -> String {
    if maintenance["all_monitors"]?.boolValue == true { return "all" }
    let names = (maintenance["monitors"]?.elements ?? []).compactMap { $0["name"]?.stringValue }
    return names.isEmpty ? "-" : names.joined(separator: ", ")
  }
}

/// What a maintenance shall be, as flags.
struct MaintenanceWishes: ParsableArguments {
  @Option(
    name: .customLong("monitor"),
    help: "A monitor: its name, its id, or the beginning of its id. May be repeated.")
  var monitors: [String] = []

  @Flag(help: "All monitors of the organization, those to come too.")
  var all = false

  @Option(help: "When it begins (RFC 3339). Default: now.")
  var start: String?

  @Option(help: "When it ends (RFC 3339).")
  var end: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("How long it lasts: 90s, 30m, 2h, 1d.", valueName: "span"))
  var span: String?

  func validate() throws {
    if all, !monitors.isEmpty {
      throw ValidationError("--all and --monitor exclude each other.")
    }
    if end != nil, span != nil { throw ValidationError("--end and --for exclude each other.") }
    if let span, Self.seconds(span) == nil {
      throw ValidationError("--for must be a number with s, m, h or d behind it, such as 30m.")
    }
  }

  /// The body's fields; monitors are looked up by their names.
  func fields(_ client: Session) async throws(CLIError) -> JSONObject {
    var body = JSONObject()
    body["starts_at"] = start.map { .string($0) }
    body["ends_at"] = end.map { .string($0) }
    body["duration_s"] = span.flatMap(Self.seconds).map { .integer($0) }
    if all { body["all_monitors"] = true }
    if !monitors.isEmpty {
      var ids: [JSONValue] = []
      for monitor in monitors {
        ids.append(.string(try await Monitor.finder(client).id(monitor)))
      }
      body["monitors"] = .array(ids)
    }
    return body
  }

  /// Seconds of `90s`, `30m`, `2h` or `1d`.
  static func seconds(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
      count > 0, count <= 10_000_000
    else { return nil }
    return count * unit
  }
}

/// `upblit maintenance create`.
struct MaintenanceCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Plan a maintenance, or begin one now.",
    discussion: """
        upblit maintenance create 'new database' --monitor shop --monitor api --for 2h
        upblit maintenance create 'move to another rack' --all \\
          --start 2026-01-31T22:00:00Z --end 2026-02-01T02:00:00Z
      """, aliases: ["add"])

  @Argument(help: "What it is for.")
  var title: String

  @OptionGroup var wishes: MaintenanceWishes
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if wishes.monitors.isEmpty, !wishes.all {
      throw ValidationError("Say which monitors: --monitor NAME, or --all.")
    }
    if wishes.end == nil, wishes.span == nil {
      throw ValidationError("Say when it ends: --for 2h, or --end TIME.")
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var body = try await wishes.fields(client)
      body["title"] = .string(title)
      let made = Maintenance(try await client.post(Maintenance.path, .object(body)))
      try Printer(options).item(
        made, as: Maintenance.listing, details: Maintenance.details)
    }
  }
}

/// `upblit maintenance list`.
struct MaintenanceList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List maintenances, the one that begins last first.",
    discussion: """
        upblit maintenance list
        upblit maintenance list --state upcoming
        upblit maintenance list --monitor shop -o json
      """)

  @Option(help: "Only those that are upcoming, running or over.")
  var state: String?

  @Option(help: "Only those of this monitor: its name, its id, or the beginning of its id.")
  var monitor: String?

  @OptionGroup var most: LimitOption
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var id: String?
      if let monitor { id = try await Monitor.finder(client).id(monitor) }
      let found: [Maintenance] = try await client.list(
        Maintenance.path, [("state", state), ("monitor", id)], limit: most.limit)
      try Printer(options).list(
        found, as: Maintenance.listing, empty: "There are no such maintenances.")
    }
  }
}

extension Maintenance: Removable {
  static let commandWords = "maintenance"
  static let example = "1b4e28ba"
  static let handle = "Its title, its id, or the beginning of its id."
  static var listing: Listing<Maintenance> { MaintenanceCommand.listing }

  static let removal = Removal(
    commandName: "end", aliases: ["cancel"],
    abstract: "End a maintenance now, or take back one that has not begun.", done: "ended",
    question: "End the maintenance")

  static func details(_ item: Maintenance) -> String {
    let maintenance = item.json
    var rows = Details()
    rows.add("title", maintenance["title"]?.stringValue)
    rows.add("id", maintenance["id"]?.stringValue)
    rows.add("state", maintenance["state"]?.stringValue)
    rows.add("monitors", MaintenanceCommand.monitors(maintenance))
    rows.add("starts", Moment.display(maintenance["starts_at"]?.stringValue))
    rows.add("ends", Moment.display(maintenance["ends_at"]?.stringValue))
    rows.add("created", Moment.display(maintenance["created_at"]?.stringValue))
    rows.add("changed", Moment.display(maintenance["updated_at"]?.stringValue))
    return rows.text
  }
}
