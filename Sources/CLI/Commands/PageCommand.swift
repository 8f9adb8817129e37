import ArgumentParser
import JSON
import UpblitClient

/// `upblit page`.
struct PageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page", abstract: "Show and change what the public sees.",
    discussion: """
      The page is made by itself with the first monitor.

        upblit page get
        upblit page edit --title Acme --slug acme
        upblit page component shop --name 'Our shop' --group Sales --place 1
        upblit page component lab --hide
      """, subcommands: [PageGet.self, PageEdit.self, PageComponent.self])

  static let path = "/api/v1/status-page"

  static func show(_ page: JSONValue) -> String {
    var rows = Details()
    rows.add("address", page["url"]?.stringValue)
    rows.add("title", page["title"]?.stringValue)
    rows.add("description", page["description"]?.stringValue)
    rows.add("shown", page["published"]?.boolValue == true ? "yes" : "no")
    for (index, component) in (page["components"]?.elements ?? []).enumerated() {
      rows.add("component \(index + 1)", words(component))
    }
    rows.add("changed", Moment.display(page["updated_at"]?.stringValue))
    return rows.text
  }

  private static func words(_ component: JSONValue) -> String {
    let monitor = component["monitor"]?["name"]?.stringValue ?? ""
    var words = component["name"]?.stringValue.map { "\($0) (\(monitor))" } ?? monitor
    if let group = component["group"]?.stringValue { words += ", in \(group)" }
    if component["hidden"]?.boolValue == true { words += ", hidden" }
    return words
  }
}

/// `upblit page get`.
struct PageGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show the page's settings and its components in their order.",
    discussion: """
        upblit page get
        upblit page get -o json
      """, aliases: ["show"])

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let page = try await options.client().get(PageCommand.path)
      try Printer(options).report(page) { PageCommand.show(page) }
    }
  }
}

/// `upblit page edit`.
struct PageEdit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change the page; what is not named stays.",
    discussion: """
      A page that is closed is nowhere to be found; its settings stay.

        upblit page edit --title Acme --description 'How our services are.'
        upblit page edit --slug acme
        upblit page edit --close
        upblit page edit --publish
      """)

  @Option(help: "What stands above it.")
  var title: String?

  @Option(help: "What stands below its title; '' takes it away.")
  var description: String?

  @Option(help: "The last part of its address: small letters, digits, hyphens.")
  var slug: String?

  @Flag(help: "Show it to everybody.")
  var publish = false

  @Flag(help: "Show it to nobody.")
  var close = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if publish && close { throw ValidationError("--publish and --close exclude each other.") }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var body = JSONObject()
      for (name, text) in [("title", title), ("description", description), ("slug", slug)] {
        if let text { body[name] = .string(text) }
      }
      if publish { body["published"] = true }
      if close { body["published"] = false }
      guard !body.members.isEmpty else {
        throw CLIError(.usage, "nothing to change: see `upblit page edit --help`")
      }
      let changed = try await options.client().patch(PageCommand.path, .object(body))
      try Printer(options).report(changed) { PageCommand.show(changed) }
    }
  }
}

/// `upblit page component`.
struct PageComponent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "component", abstract: "Change how the page shows a monitor.",
    discussion: """
        upblit page component shop --name 'Our shop' --group Sales
        upblit page component shop --place 1
        upblit page component shop --name '' --group ''
        upblit page component lab --hide
      """)

  @Argument(help: "The monitor: its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "What the public knows it by; '' for the monitor's own name.")
  var name: String?

  @Option(help: "The group that it stands in; '' for none.")
  var group: String?

  @Option(help: "Where it stands, from 1 on.")
  var place: Int?

  @Flag(help: "Show it nowhere in public.")
  var hide = false

  @Flag(help: "Show it again.")
  var show = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if hide && show { throw ValidationError("--hide and --show exclude each other.") }
    if let place, place < 1 { throw ValidationError("--place begins with 1.") }
    if name == nil, group == nil, place == nil, !hide, !show {
      throw ValidationError("Nothing to change: see `upblit page component --help`.")
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Monitor.finder(client).id(monitor)
      let answer = try await client.send(APIRequest("GET", PageCommand.path))
      let components = try changed(answer.json["components"]?.elements ?? [], monitor: id)
      let page = try await client.patch(
        PageCommand.path, ["components": .array(components)], ifMatch: answer.etag)
      try Printer(options).report(page) { PageCommand.show(page) }
    }
  }

  /// The API takes so many at once.
  private static let mostSent = 1_000

  private static func isPlain(_ component: JSONObject) -> Bool {
    component["name"]?.isNull ?? true && component["group"]?.isNull ?? true
      && component["hidden"]?.boolValue != true
  }

  /// All components as they are to be sent, in their new order.
  private func changed(
    _ components: [JSONValue], monitor id: String
  ) throws(CLIError) -> [JSONValue] {
    var sent = components.map { component in
      var one = JSONObject()
      one["monitor"] = component["monitor"]?["id"] ?? .null
      for name in ["name", "group", "hidden"] { one[name] = component[name] ?? .null }
      return one
    }
    guard let index = sent.firstIndex(where: { $0["monitor"] == .string(id) }) else {
      throw CLIError(.failure, "the page, which has the first 2,000 monitors, has not this one")
    }
    var one = sent.remove(at: index)
    if let name { one["name"] = name.isEmpty ? .null : .string(name) }
    if let group { one["group"] = group.isEmpty ? .null : .string(group) }
    if hide { one["hidden"] = true }
    if show { one["hidden"] = false }
    let newIndex = place.map { min($0 - 1, sent.count) } ?? index
    sent.insert(one, at: newIndex)
    // Those at the end that nothing was decided of are there by themselves, and many are too many.
    while sent.count > max(Self.mostSent, newIndex + 1), let last = sent.last, Self.isPlain(last) {
      sent.removeLast()
    }
    return sent.map { .object($0) }
  }
}
