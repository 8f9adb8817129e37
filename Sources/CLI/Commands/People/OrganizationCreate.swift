import ArgumentParser
import JSON
import UpblitClient

/// `upblit organization create`.
struct OrganizationCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make an organization, which you own: for operators.",
    discussion: """
        upblit organization create search
      """)

  @Argument(help: "Its name, which no other organization has.")
  var name: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let made = try await options.client().post(Organization.path, ["name": .string(name)])
      try Printer(options).report(made) { OrganizationCommand.show(made) }
      Console.note("Act in it with `upblit organization use \(DisplayText.escaped(name))`.")
    }
  }
}

/// `upblit organization rename`.
struct OrganizationRename: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename", abstract: "Give your organization another name.",
    discussion: """
        upblit organization rename "search and maps"
      """)

  @Argument(help: "The new name.")
  var name: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let changed = try await options.client().patch(
        OrganizationCommand.path, ["name": .string(name)])
      try Printer(options).report(changed) { OrganizationCommand.show(changed) }
    }
  }
}

/// `upblit organization quota`.
struct OrganizationQuotaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quota",
    abstract: "Show how much an organization may have and what it uses; operators change it.",
    discussion: """
        upblit organization quota
        upblit organization quota search --monitors 100 --least-interval 30
        upblit organization quota search --monitors none
      """)

  @Argument(help: "The organization's name or id; without it the one in which you act.")
  var organization: String?

  @Option(help: "How many monitors it may have; `none` for no bound.")
  var monitors: Bound?

  @Option(
    help: "The least seconds between two probes of a monitor in a region; `none` for no bound.")
  var leastInterval: Bound?

  @Option(help: "How many probes a second its monitors may make together; `none` for no bound.")
  var probesPerSecond: Bound?

  @OptionGroup var options: GlobalOptions

  /// A number, or none.
  enum Bound: ExpressibleByArgument {
    case none
    case number(Double)

    init?(argument: String) {
      if argument == "none" {
        self = .none
      } else if let number = Double(argument), number.isFinite, number >= 0 {
        self = .number(number)
      } else {
        return nil
      }
    }

    var json: JSONValue {
      switch self {
      case .none: .null
      case .number(let number): Int64(exactly: number).map { .integer($0) } ?? .number(number)
      }
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await self.id(client)
      let path = Organization.path + "/" + id
      var wished: [(String, JSONValue)] = []
      if let monitors { wished.append(("monitors", monitors.json)) }
      if let leastInterval { wished.append(("least_interval_s", leastInterval.json)) }
      if let probesPerSecond { wished.append(("probes_per_s", probesPerSecond.json)) }
      var quota = JSONObject()
      for (name, value) in wished { quota[name] = value }
      let found =
        wished.isEmpty
        ? try await client.get(path)
        : try await client.patch(path, ["quota": .object(quota)])
      try Printer(options).report(found) { Self.show(found) }
    }
  }

  private func id(_ client: Session) async throws(CLIError) -> String {
    guard let organization else {
      return try await client.get(OrganizationCommand.path)["id"]?.stringValue ?? ""
    }
    let all: [Organization] = try await client.list(Organization.path)
    let fitting = all.filter { $0.id == organization || $0.name == organization }
    guard let found = fitting.first, fitting.count == 1 else {
      throw CLIError(
        .notFound,
        "there is no organization \"\(DisplayText.escaped(organization))\" that you can see; "
          + "`upblit organization list` shows them")
    }
    return found.id
  }

  private static func show(_ found: JSONValue) -> String {
    var rows = Details()
    rows.add("name", found["name"]?.stringValue)
    rows.add("id", found["id"]?.stringValue)
    for (title, name) in [("monitors", "monitors"), ("probes a second", "probes_per_s")] {
      let used = found["use"]?[name].map(text) ?? "?"
      rows.add(title, "\(used) of \(bound(found["quota"]?[name]))")
    }
    let least = found["quota"]?["least_interval_s"]
    rows.add("least interval", least == .null ? "no bound" : "\(bound(least)) s")
    return rows.text
  }

  private static func bound(_ value: JSONValue?) -> String {
    guard let value, value != .null else { return "any number" }
    return text(value)
  }

  private static func text(_ value: JSONValue) -> String {
    if case .number(let number) = value { return String((number * 100).rounded() / 100) }
    return value.text
  }
}
