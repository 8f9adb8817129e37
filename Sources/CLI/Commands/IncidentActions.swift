import ArgumentParser
import JSON
import UpblitClient

/// `upblit incident ack`.
struct IncidentAcknowledge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack", abstract: "Say that you know, so that nobody else has to.",
    discussion: """
        upblit incident ack 1b4e28ba
      """, aliases: ["acknowledge"])

  @Argument(help: "Its id, or the beginning of its id.")
  var incident: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Incident.finder(client).id(incident)
      let found = try await client.ask { (client) async throws(APIError) in
        try await client.acknowledge(incident: id)
      }
      try Printer(options).item(found, as: Incident.listing) { found in
        "Acknowledged: \(DisplayText.escaped(found.monitorName)) is "
          + "\(DisplayText.escaped(found.severity)). Tell how it goes: "
          + "upblit incident note \(id.prefix(8)) TEXT\n"
      }
    }
  }
}

/// `upblit incident note`.
struct IncidentNote: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note",
    abstract: "Say something about an incident, to colleagues or the public.",
    discussion: """
      With --public it is an update for the public; it says nothing about the verdict and
      ends nothing.

        upblit incident note 1b4e28ba 'the gateway was rebooted'
        upblit incident note 1b4e28ba 'a provider is down' --public identified
        git log -1 | upblit incident note 1b4e28ba -
      """, aliases: ["comment"])

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case investigating, identified, monitoring, resolved
  }

  @Argument(help: "Its id, or the beginning of its id.")
  var incident: String

  @Argument(help: "What there is to say, or - for standard input.")
  var text: String

  @Option(name: .customLong("public"), help: "How far it is.")
  var status: Status?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let words = text == "-" ? FileText.trimmed(try FileText.read("-", limit: 65536)) : text
      let client = try options.client()
      let id = try await Incident.finder(client).id(incident)
      let note = try await client.ask { (client) async throws(APIError) in
        try await client.comment(words, on: id, publicStatus: status?.rawValue)
      }
      try Printer(options).report(note) { DisplayText.firstUpper(IncidentNotes.words(note)) + "\n" }
    }
  }
}

/// `upblit incident resolve`.
struct IncidentResolve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Say that an incident is over where no verdict can.",
    discussion: """
      For one of which nothing is known, or whose monitor is paused: everything else ends
      when the regions find the monitor up.

        upblit incident resolve 1b4e28ba
        upblit incident resolve 1b4e28ba 'the agents were moved'
      """)

  @Argument(help: "Its id, or the beginning of its id.")
  var incident: String

  @Argument(help: "Why.")
  var text: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Incident.finder(client).id(incident)
      let found = try await client.ask { (client) async throws(APIError) in
        try await client.resolve(incident: id, text)
      }
      try Printer(options).item(found, as: Incident.listing) { found in
        "Resolved: \(DisplayText.escaped(found.monitorName)). The verdict stays what it is.\n"
      }
    }
  }
}
