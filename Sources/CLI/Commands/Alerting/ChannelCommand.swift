import ArgumentParser
import JSON
import UpblitClient

/// `upblit channel`.
struct ChannelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channel",
    abstract: "Make, list, try, change and delete the ways to reach people.",
    discussion: """
      Which kinds there are, and what each must be told, the collector says:

        upblit channel kinds
        upblit channel create ops email --set to=ops@example.org --set from=upblit@example.org \\
          --set host=smtp.example.org --set username=upblit --secret password=smtp.txt
        upblit channel test ops
        upblit channel list
      """,
    subcommands: [
      ChannelList.self, GetCommand<Channel>.self, ChannelCreate.self, ChannelEdit.self,
      ChannelTest.self, RemoveCommand<Channel>.self, ChannelKinds.self,
    ])
}

extension Channel: Removable {
  static let commandWords = "channel"
  static let example = "ops"

  static let listing = Listing<Channel>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "KIND") { Cell($0.kind) },
      .init(title: "STATE") { Cell($0.isEnabled ? "on" : "off") },
      .init(title: "WHY", isOptional: true) { Cell($0.disabledReason ?? "") },
      .init(title: "CHANGED", isWide: true) { .moment($0.updatedAt) },
    ])

  static let removal = Removal(
    abstract: "Delete a channel: nothing more is sent to it.", question: "Delete the channel")

  static func details(_ channel: Channel) -> String {
    var rows = Details()
    rows.add("name", channel.name)
    rows.add("id", channel.id)
    rows.add("kind", channel.kind)
    rows.add("state", channel.isEnabled ? "on" : "off")
    rows.add("why", channel.disabledReason)
    if case .object(let settings) = channel.settings {
      for setting in settings.members { rows.add(setting.name, words(setting.value)) }
    }
    for secret in channel.secrets { rows.add(secret, "(set, not shown)") }
    rows.add("created", channel.createdAt?.display)
    rows.add("changed", channel.updatedAt?.display)
    return rows.text
  }

  private static func words(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .array(let elements): elements.map(words).joined(separator: ", ")
    default: value.text
    }
  }
}

/// `upblit channel list`.
struct ChannelList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the channels by name.",
    discussion: """
        upblit channel list
        upblit channel list -o csv --columns name,kind,state
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Channel.listing, empty: "There are no channels. Make one: upblit channel create --help"
      ) { () async throws(CLIError) -> [Channel] in try await client.list(Channel.path) }
    }
  }
}

/// `upblit channel kinds`.
struct ChannelKinds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kinds", abstract: "List the kinds of channels, or what one must be told.",
    discussion: """
        upblit channel kinds
        upblit channel kinds webhook
      """)

  @Argument(help: "A kind, to list its settings.")
  var kind: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      guard let kind else {
        return try Printer(options).list(
          try await ChannelWishes.kinds(client), as: Self.kinds, empty: "There are no kinds.")
      }
      try Printer(options).list(
        try await ChannelWishes.kind(kind, client).settings, as: Self.settings,
        empty: "It takes no settings.")
    }
  }

  private static let kinds = Listing<ChannelKind>(
    name: \.name,
    columns: [
      .init(title: "KIND") { Cell($0.name) },
      .init(title: "WHAT") { Cell($0.summary) },
    ])

  private static let settings = Listing<ChannelKind.Setting>(
    name: \.name,
    columns: [
      .init(title: "SETTING") { Cell($0.name) },
      .init(title: "FORM") { Cell($0.isList ? "\($0.form), ..." : $0.form) },
      .init(title: "GIVEN BY") { Cell($0.isSecret ? "--secret" : "--set") },
      .init(title: "REQUIRED") { Cell($0.isRequired ? "yes" : "no") },
      .init(title: "WHAT") { Cell($0.help) },
    ])
}

/// `upblit channel test`.
struct ChannelTest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Send a channel a fake outage and its end.",
    discussion: """
      Tells what the receiver said; the exit code is 1 where it did not take both.

        upblit channel test ops
        upblit channel test ops -o json
      """)

  @Argument(help: ArgumentHelp(Channel.handle, valueName: Channel.valueName))
  var channel: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var options = options
      // The collector waits for the receiver meanwhile.
      options.connection.timeout = max(options.connection.timeout, 60)
      let client = try options.client()
      let id = try await Channel.finder(client).id(channel)
      let report = try await client.send(APIRequest("POST", "\(Channel.path)/\(id)/test")).json
      try Printer(options).report(report) {
        var rows = Details()
        rows.add("outage", Self.words(report["down"]))
        rows.add("its end", Self.words(report["recovery"]))
        return rows.text
      }
      guard report["delivered"]?.boolValue == true else {
        throw CLIError(.failure, "the channel did not take both messages")
      }
    }
  }

  private static func words(_ step: JSONValue?) -> String {
    guard let step, !step.isNull else { return "not sent" }
    let outcome = step["outcome"]?.stringValue ?? "?"
    let took = step["took_ms"]?.integerValue.map { " in \($0) ms" } ?? ""
    let answer = step["answer"]?.stringValue.map { ": \($0)" } ?? ""
    return outcome + took + answer
  }
}
