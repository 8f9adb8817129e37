import ArgumentParser
import JSON
import UpblitClient

/// What a channel shall be told, as flags. Secrets come from files or standard input, for others can see
/// a command line.
struct ChannelWishes: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting; lists take commas or are given again. May be repeated.", valueName: "name=value"))
  var sets: [String] = []

  @Option(
    name: .customLong("secret"),
    help: ArgumentHelp(
      "A secret setting, from a file or, for -, from standard input; a list has one a line. "
        + "May be repeated.",
      valueName: "name=file"))
  var secrets: [String] = []

  func validate() throws {
    for text in sets + secrets where Self.parts(text) == nil {
      throw ValidationError("--set and --secret take NAME=VALUE and NAME=FILE.")
    }
    if secrets.filter({ Self.parts($0)?.value == "-" }).count > 1 {
      throw ValidationError("Only one secret can come from standard input.")
    }
  }

  /// The settings that are given, as `kind` declares them.
  func settings(of kind: ChannelKind) throws(CLIError) -> JSONObject {
    var settings = JSONObject()
    for text in sets {
      guard let (name, value) = Self.parts(text) else { continue }
      let setting = try setting(name, of: kind)
      guard !setting.isSecret else {
        throw CLIError(
          .usage, "\(setting.name) is a secret: give it by --secret \(setting.name)=FILE, or =-")
      }
      if setting.isList {
        var elements: [JSONValue] = settings[name]?.elements ?? []
        for part in value.split(separator: ",") {
          elements.append(try Self.value(FileText.trimmed(String(part)), setting))
        }
        settings[name] = .array(elements)
      } else {
        settings[name] = try Self.value(value, setting)
      }
    }
    for text in secrets {
      guard let (name, file) = Self.parts(text) else { continue }
      let setting = try setting(name, of: kind)
      guard setting.isSecret else {
        throw CLIError(
          .usage, "\(setting.name) is no secret: give it by --set \(setting.name)=VALUE")
      }
      let content = try FileText.read(file, limit: 1 << 16)
      if setting.isList {
        var elements: [JSONValue] = settings[name]?.elements ?? []
        for line in content.split(whereSeparator: \.isNewline) {
          let element = FileText.trimmed(String(line))
          if !element.isEmpty { elements.append(try Self.value(element, setting)) }
        }
        settings[name] = .array(elements)
      } else {
        settings[name] = .string(FileText.trimmed(content))
      }
    }
    return settings
  }

  private func setting(
    _ name: String, of kind: ChannelKind
  ) throws(CLIError) -> ChannelKind.Setting {
    if let found = kind.settings.first(where: { $0.name == name }) { return found }
    throw CLIError(
      .usage,
      "\(DisplayText.escaped(kind.name)) has no setting \"\(DisplayText.escaped(name))\": "
        + "`upblit channel kinds \(DisplayText.escaped(kind.name))` lists them")
  }

  private static func value(
    _ text: String, _ setting: ChannelKind.Setting
  ) throws(CLIError) -> JSONValue {
    switch setting.form {
    case "integer":
      guard let number = Int64(text) else {
        throw CLIError(.usage, "\(setting.name) must be a whole number")
      }
      return .integer(number)
    case "flag":
      guard ["true", "false"].contains(text) else {
        throw CLIError(.usage, "\(setting.name) must be true or false")
      }
      return .bool(text == "true")
    default: return .string(text)
    }
  }

  private static func parts(_ text: String) -> (name: String, value: String)? {
    guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "=")), mark != text.startIndex else {
      return nil
    }
    return (String(text[..<mark]), String(text[text.utf8.index(after: mark)...]))
  }

  static func kinds(_ client: Session) async throws(CLIError) -> [ChannelKind] {
    (try await client.get(ChannelKind.path)["items"]?.elements ?? []).map(ChannelKind.init)
  }

  static func kind(_ name: String, _ client: Session) async throws(CLIError) -> ChannelKind {
    let all = try await kinds(client)
    if let kind = all.first(where: { $0.name == name }) { return kind }
    throw CLIError(
      .usage,
      "there is no kind \"\(DisplayText.escaped(name))\": "
        + all.map { DisplayText.escaped($0.name) }.joined(separator: ", "))
  }
}

/// `upblit channel create`.
struct ChannelCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a channel.",
    discussion: """
        upblit channel create ops email --set to=ops@example.org,night@example.org \\
          --set from=upblit@example.org --set host=smtp.example.org \\
          --set username=upblit --secret password=smtp.txt
        pass show slack | upblit channel create chat slack --secret url=-
        upblit channel create hooks webhook --secret url=url.txt --secret secret=key.txt
        upblit channel create all apprise --set url=http://apprise:8000 --secret urls=urls.txt
      """)

  @Argument(help: "What it is called.")
  var name: String

  @Argument(help: "Its kind: see `upblit channel kinds`.")
  var kind: String

  @OptionGroup var wishes: ChannelWishes
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let kind = try await ChannelWishes.kind(kind, client)
      let made = Channel(
        try await client.post(
          Channel.path,
          [
            "name": .string(name), "kind": .string(kind.name),
            "settings": .object(try wishes.settings(of: kind)),
          ]))
      try Printer(options).item(made, as: Channel.listing, details: Channel.details)
    }
  }
}

/// `upblit channel edit`.
struct ChannelEdit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a channel; what is not named stays.",
    discussion: """
      Where another host is to hear a secret, the secret must be given again.

        upblit channel edit ops --set to=ops@example.org
        upblit channel edit ops --secret password=- < smtp.txt
        upblit channel edit ops --unset username --unset password
        upblit channel edit ops --off
      """)

  @Argument(help: ArgumentHelp(Channel.handle, valueName: Channel.valueName))
  var channel: String

  @Option(help: "A new name.")
  var name: String?

  @Option(name: .customLong("unset"), help: "A setting to take away. May be repeated.")
  var unset: [String] = []

  @Flag(help: "Send to it.")
  var on = false

  @Flag(help: "Send nothing more to it.")
  var off = false

  @OptionGroup var wishes: ChannelWishes
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if on, off { throw ValidationError("--on and --off exclude each other.") }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Channel.finder(client).id(channel)
      var body = JSONObject()
      body["name"] = name.map { .string($0) }
      if on || off { body["enabled"] = .bool(on) }
      var etag: String?
      if !wishes.sets.isEmpty || !wishes.secrets.isEmpty || !unset.isEmpty {
        let answer = try await client.send(APIRequest("GET", "\(Channel.path)/\(id)"))
        etag = answer.etag
        body["settings"] = try await settings(Channel(answer.json), client)
      }
      guard !body.members.isEmpty else {
        throw CLIError(.usage, "nothing to change: see `upblit channel edit --help`")
      }
      let changed = Channel(
        try await client.patch("\(Channel.path)/\(id)", .object(body), ifMatch: etag))
      try Printer(options).item(changed, as: Channel.listing, details: Channel.details)
    }
  }

  /// All that are not secret, with what shall change.
  private func settings(
    _ channel: Channel, _ client: Session
  ) async throws(CLIError) -> JSONValue {
    var settings = JSONObject()
    if case .object(let present) = channel.settings { settings = present }
    let kind = try await ChannelWishes.kind(channel.kind, client)
    for member in try wishes.settings(of: kind).members { settings[member.name] = member.value }
    for name in unset { settings[name] = .null }
    return .object(settings)
  }
}
