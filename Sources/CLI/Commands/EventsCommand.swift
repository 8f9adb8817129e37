import ArgumentParser
import JSON
import UpblitClient

/// `upblit events`.
struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Follow what happens, one line an event, until Ctrl-C.",
    discussion: """
      A connection that breaks is made again, and goes on behind the last event. With
      -o json each line is an object (NDJSON) whose id can be given to --after.

        upblit events
        upblit events --kind incident.opened --kind incident.closed
        upblit events --monitor shop -o json
      """)

  /// A person's lines, or one JSON object a line.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  @Option(
    name: .customLong("kind"),
    help: "Only events of this kind, such as incident.opened; repeat it for more.")
  var kinds: [String] = []

  @Option(help: "Only this monitor's: its name, its id, or the beginning of its id.")
  var monitor: String?

  @Option(help: ArgumentHelp("Go on behind the event of this id.", valueName: "id"))
  var after: String?

  @Option(help: ArgumentHelp("End after so many.", valueName: "count"))
  var limit: Int?

  @Option(name: .shortAndLong, help: ArgumentHelp(valueName: "format"))
  var output: Format = .table

  @Flag(help: "No colours.")
  var noColor = false

  @Flag(name: .shortAndLong, help: "Say nothing of connections that break.")
  var quiet = false

  @OptionGroup(title: "Collector") var connection: ConnectionOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  func run() async throws {
    try await reporting(noColor: noColor, isQuiet: quiet) { () async throws(CLIError) in
      let client = try connection.client()
      var id: String?
      if let monitor { id = try await Monitor.finder(client).id(monitor) }
      let query = [("kinds", kinds.isEmpty ? nil : kinds.joined(separator: ",")), ("monitor", id)]
      let stream = client.client.events(query, after: after) { error in
        if let error {
          Console.note("upblit: \(DisplayText.escaped("\(error)")); connecting again")
        }
      }
      var left = limit ?? .max
      var events = stream.makeAsyncIterator()
      do throws(APIError) {
        while left > 0, let event = try await events.next() {
          Console.out(output == .json ? nil : Self.line(event), orData: Self.json(event))
          left -= 1
        }
      } catch {
        throw CLIError(error)
      }
    }
  }

  private static func json(_ event: ServerEvent) -> JSONValue {
    ["id": .optional(event.id), "event": .string(event.name), "data": event.json]
  }

  /// `12:00:00  incident.opened  shop  down`.
  static func line(_ event: ServerEvent) -> String {
    let data = event.json
    let at = data["at"]?.stringValue.flatMap { Moment($0) }
    var words = [Console.isTerminal ? at?.time ?? "-" : at?.text ?? "-"].map(DisplayText.escaped)
    words.append(DisplayText.padded(DisplayText.escaped(event.name), to: 21))
    if event.name == "reset" {
      words.append("what came before is no longer known: look again")
      return words.joined(separator: "  ")
    }
    if let name = data["monitor"]?["name"]?.stringValue ?? data["name"]?.stringValue {
      words.append(DisplayText.escaped(name))
    }
    for name in ["verdict", "severity"] {
      guard let word = data[name]?.stringValue else { continue }
      words.append(Paint.state(word, DisplayText.escaped(word)))
    }
    for name in ["region", "status", "by"] {
      if let text = data[name]?.stringValue { words.append(DisplayText.escaped(text)) }
    }
    if let incident = data["incident"]?.stringValue {
      words.append("incident " + DisplayText.escaped(String(incident.prefix(8))))
    }
    return words.joined(separator: "  ")
  }
}
