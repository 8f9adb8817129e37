import ArgumentParser
import JSON

/// `upblit incident`.
struct Incident: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List incidents, and show what happened.",
    discussion: """
        upblit incident list --open
        upblit incident show 1b4e28ba
        upblit incident replay 1b4e28ba
      """,
    subcommands: [IncidentList.self, IncidentShow.self, IncidentReplay.self])

  static let path = "/api/v1/incidents"

  static func finder(_ client: APIClient) -> Finder {
    Finder(client: client, path: path, thing: "incident")
  }

  /// `closed`, `open, in a maintenance`.
  static func state(_ incident: JSONValue) -> String {
    let state = incident["open"]?.boolValue == true ? "open" : "closed"
    return ([state] + marks(incident)).joined(separator: ", ")
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

/// `upblit incident list`.
struct IncidentList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List incidents, newest first.",
    discussion: """
        upblit incident list
        upblit incident list --open
        upblit incident list --monitor shop -o json
      """)

  @Flag(help: "Only those that have not ended.")
  var open = false

  @Option(help: "Only this monitor's: its name, its id, or the beginning of its id.")
  var monitor: String?

  @Option(help: "At most so many.")
  var limit: Int = 50

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      var id: String?
      if let monitor { id = try Monitor.finder(client).id(monitor) }
      let incidents = try client.list(
        Incident.path, [("open", open ? "true" : nil), ("monitor", id)], limit: limit)
      if options.output == .json {
        return Console.out(JSONValue.array(incidents).indentedText + "\n")
      }
      if incidents.isEmpty {
        return Console.error(open ? "There are no open incidents." : "There are no incidents.")
      }
      Console.out(Self.table(incidents).text(columns: Console.columns))
    }
  }

  static func table(_ incidents: [JSONValue]) -> Table {
    // Most stand alone, and then no column is spent on it.
    let areShared = incidents.contains { SharedCause(of: $0) != nil }
    var heading = ["ID", "MONITOR", "SEVERITY", "STATE", "STARTED", "LASTED", "TARGET"]
    if areShared { heading.insert("CAUSE", at: 6) }
    var table = Table(heading)
    for incident in incidents {
      var row = [
        String((incident["id"]?.stringValue ?? "?").prefix(8)),
        incident["monitor"]?["name"]?.stringValue ?? "?",
        incident["severity"]?.stringValue ?? "?",
        Incident.state(incident), Moment.display(incident["started_at"]?.stringValue),
        Incident.length(incident),
        incident["monitor"]?["target"]?.stringValue ?? "?",
      ]
      if areShared { row.insert(SharedCause(of: incident)?.short ?? "", at: 6) }
      table.add(row)
    }
    return table
  }
}

/// `upblit incident show`.
struct IncidentShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show an incident's timeline: who voted what, on what evidence.",
    discussion: """
        upblit incident show 1b4e28ba
        upblit incident show 1b4e28ba -o json
      """)

  /// How many of its logged steps are read: what is told beyond is the verdicts.
  private static let mostSteps = 2_000

  @Argument(help: "Its id, or the beginning of its id.")
  var incident: String

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let path = "\(Incident.path)/\(try Incident.finder(client).id(incident))"
      let found = try client.get(path)
      if options.output == .json { return Console.out(found.indentedText + "\n") }
      let steps = try client.list("\(path)/steps", limit: Self.mostSteps)
      Console.out(IncidentTimeline(incident: found, steps: steps).text(columns: Console.columns))
    }
  }
}
