import ArgumentParser
import JSON
import UpblitClient

/// `upblit incident`.
struct IncidentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "incident",
    abstract: "List incidents, show what happened, and say what you do about it.",
    discussion: """
        upblit incident list --open
        upblit incident show 1b4e28ba
        upblit incident ack 1b4e28ba
        upblit incident replay 1b4e28ba
      """,
    subcommands: [
      IncidentList.self, IncidentShow.self, IncidentAcknowledge.self, IncidentNote.self,
      IncidentResolve.self, IncidentReplay.self, IncidentExport.self,
    ])

  static let listing = Listing<Incident>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "MONITOR") { Cell($0.monitorName) },
      .init(title: "SEVERITY") { .state($0.severity) },
      .init(title: "STATE") { incident in
        Cell(state(incident.json), plain: incident.isOpen ? "open" : "closed")
      },
      .init(title: "STARTED") { .moment($0.startedAt) },
      .init(title: "LASTED", isNumber: true) { incident in
        Cell(length(incident.json), plain: seconds(incident).map { String($0) } ?? "")
      },
      .init(title: "ENDED", isWide: true) { .moment($0.endedAt) },
      // Most stand alone, and then no column is spent on it.
      .init(title: "CAUSE", isOptional: true) { incident in
        let cause = SharedCause(of: incident.json)?.short ?? ""
        return Cell(cause, plain: cause)
      },
      .init(title: "TARGET") { Cell($0.target) },
    ])

  /// How long it lasted, or has lasted, in seconds.
  private static func seconds(_ incident: Incident) -> Int64? {
    incident.startedAt.map {
      max(0, (incident.endedAt?.milliseconds ?? Moment.now) - $0.milliseconds) / 1000
    }
  }

  /// `closed`, `open, acknowledged`, `open, in a maintenance`.
  static func state(_ incident: JSONValue) -> String {
    var words = [incident["open"]?.boolValue == true ? "open" : "closed"]
    for (name, word) in [("resolved_at", "resolved"), ("acknowledged_at", "acknowledged")]
    where words.count == 1 && words[0] == "open" && incident[name]?.stringValue != nil {
      words.append(word)
    }
    return (words + marks(incident)).joined(separator: ", ")
  }

  /// Its marks, for a person.
  static func marks(_ incident: JSONValue) -> [String] {
    (incident["marks"]?.elements ?? []).compactMap(\.stringValue).map {
      $0 == "maintenance" ? "in a maintenance" : $0
    }
  }

  /// How long it lasted, or has lasted.
  static func length(_ incident: JSONValue) -> String {
    guard let start = incident["started_at"]?.stringValue.flatMap({ Moment($0) }) else {
      return "?"
    }
    let end = incident["ended_at"]?.stringValue.flatMap { Moment($0) }
    return Moment.span(max(0, (end?.milliseconds ?? Moment.now) - start.milliseconds))
  }
}

extension Incident: Findable {
  static let commandWords = "incident"
  static let example = "1b4e28ba"
  static let handle = "Its id, or the beginning of its id."
  static var listing: Listing<Incident> { IncidentCommand.listing }
}

/// `upblit incident list`.
struct IncidentList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List incidents, newest first.",
    discussion: """
        upblit incident list
        upblit incident list --open --watch
        upblit incident list --monitor shop -o json
      """)

  @Flag(help: "Only those that have not ended.")
  var open = false

  @Option(help: "Only this monitor's: its name, its id, or the beginning of its id.")
  var monitor: String?

  @OptionGroup var most: LimitOption
  @OptionGroup var watching: WatchOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var id: String?
      if let monitor { id = try await Monitor.finder(client).id(monitor) }
      let query = [("state", open ? "open" : nil), ("monitor", id)]
      try await options.list(
        as: Incident.listing,
        empty: open ? "There are no open incidents." : "There are no incidents.",
        watching: watching
      ) { () async throws(CLIError) -> [Incident] in
        try await client.list(Incident.path, query, limit: most.limit)
      }
    }
  }
}

/// `upblit incident show`.
struct IncidentShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show an incident's timeline: who voted what, on what evidence.",
    discussion: """
        upblit incident show 1b4e28ba
        upblit incident show 1b4e28ba --watch
        upblit incident show 1b4e28ba -o json
      """, aliases: ["get", "timeline"])

  /// How many of its logged steps are read: what is told beyond is the verdicts.
  private static let mostSteps = 2_000

  @Argument(help: "Its id, or the beginning of its id.")
  var incident: String

  @OptionGroup var watching: WatchOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let path = "\(Incident.path)/\(try await Incident.finder(client).id(incident))"
      if watching.watch {
        return try await Watch(options, watching).run { () async throws(CLIError) in
          let found = Incident(try await client.get(path))
          return Watch.Look(
            text: try await Self.text(found, path, client), items: [(found.id, found.json)])
        }
      }
      let found = Incident(try await client.get(path))
      var text = ""
      if options.output.isForPeople { text = try await Self.text(found, path, client) }
      try Printer(options).item(found, as: Incident.listing) { _ in text }
    }
  }

  private static func text(
    _ incident: Incident, _ path: String, _ client: Session
  ) async throws(CLIError) -> String {
    let steps: [LoggedStep] = try await client.list("\(path)/steps", limit: mostSteps)
    return IncidentTimeline(incident: incident.json, steps: steps.map(\.json))
      .text(columns: Console.columns)
  }
}

/// One logged step of the engine, as the API tells it.
struct LoggedStep: APIResource {
  let json: JSONValue
  init(_ json: JSONValue) { self.json = json }
}
