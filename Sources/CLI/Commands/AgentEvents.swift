import ArgumentParser
import JSON

/// `upblit agent events`.
struct AgentEvents: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "List when an agent was not trusted, and why; newest first.",
    discussion: """
        upblit agent events fra-1
        upblit agent events fra-1 --limit 200 -o json
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var agent: String

  @Option(help: "At most so many.")
  var limit: Int = 50

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let id = try Agent.finder(client).id(agent)
      let events = try client.list("\(Agent.path)/\(id)/events", limit: limit)
      if options.output == .json { return Console.out(JSONValue.array(events).indentedText + "\n") }
      if events.isEmpty { return Console.error("Nothing was ever amiss with this agent.") }
      var table = Table(["AT", "EVENT", "WHAT"])
      for event in events {
        table.add([
          Moment.display(event["at"]?.stringValue), event["kind"]?.stringValue ?? "?",
          event["text"]?.stringValue ?? "",
        ])
      }
      Console.out(table.text(columns: Console.columns))
    }
  }
}
