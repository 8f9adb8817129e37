import ArgumentParser
import JSON
import UpblitClient

/// `upblit route`.
struct RouteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "route", abstract: "Say which channels are told of what.",
    discussion: """
      Without any route everything is told to all channels. Routes are read by their place;
      all that fit count, up to one that is the last.

        upblit route create everything --to chat
        upblit route create 'night shift' --to phone --tag shop --urgency page --remind 30m
        upblit route list
      """,
    subcommands: [
      RouteList.self, GetCommand<AlertRoute>.self, RouteCreate.self, RouteEdit.self,
      RemoveCommand<AlertRoute>.self,
    ])
}

extension AlertRoute: Removable {
  static let commandWords = "route"
  static let example = "everything"

  static let listing = Listing<AlertRoute>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "PLACE", isNumber: true) { Cell($0.place.map { String($0) } ?? "") },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "OF") { Cell($0.monitorWords) },
      .init(title: "URGENCY") { Cell($0.leastUrgency) },
      .init(title: "CHANNELS", isNumber: true) { Cell(String($0.channels.count)) },
      .init(title: "DELAY", isNumber: true) { Cell($0.delaySeconds.map { "\($0) s" } ?? "") },
      .init(title: "REMINDS", isNumber: true) {
        Cell($0.reminderSeconds.map { "\($0) s" } ?? "never")
      },
      .init(title: "LAST", isWide: true) { Cell($0.isLast ? "yes" : "no") },
    ])

  static let removal = Removal(abstract: "Delete a route.", question: "Delete the route")

  /// `all`, or the tags and how many monitors are named.
  var monitorWords: String {
    let named = monitors.isEmpty ? [] : ["\(monitors.count) named"]
    let all = tags + named
    return all.isEmpty ? "all" : all.joined(separator: ", ")
  }

  static func details(_ route: AlertRoute) -> String {
    var rows = Details()
    rows.add("name", route.name)
    rows.add("id", route.id)
    rows.add("place", route.place.map { String($0) })
    rows.add("tags", route.tags.isEmpty ? nil : route.tags.joined(separator: ", "))
    rows.add("monitors", route.monitors.isEmpty ? nil : route.monitors.joined(separator: ", "))
    if route.tags.isEmpty, route.monitors.isEmpty { rows.add("monitors", "all") }
    rows.add("urgency", "\(route.leastUrgency) and more")
    rows.add("verdicts", route.verdicts.isEmpty ? "all" : route.verdicts.joined(separator: ", "))
    rows.add("channels", route.channels.isEmpty ? "none" : route.channels.joined(separator: ", "))
    rows.add("delay", route.delaySeconds.map { "\($0) s" })
    rows.add("reminds", route.reminderSeconds.map { "every \($0) s" } ?? "never")
    rows.add("last", route.isLast ? "yes" : "no")
    rows.add("created", route.createdAt?.display)
    rows.add("changed", route.updatedAt?.display)
    return rows.text
  }
}

/// `upblit route list`.
struct RouteList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the routes in the order in which they are read.",
    discussion: """
        upblit route list
        upblit route list -o json
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: AlertRoute.listing, empty: "There are no routes: everything is told to all channels."
      ) { () async throws(CLIError) -> [AlertRoute] in try await client.list(AlertRoute.path) }
    }
  }
}

/// `upblit route create`.
struct RouteCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a route.",
    discussion: """
      With its first route an organization tells only what routes say.

        upblit route create everything --to chat
        upblit route create shop --to phone --tag shop --urgency page --delay 2m --remind 30m
      """)

  @Argument(help: "What it is called.")
  var name: String

  @OptionGroup var wishes: RouteWishes
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var body = try await wishes.fields(client)
      body["name"] = .string(name)
      if body["channels"] == nil { body["channels"] = [] }
      let made = AlertRoute(try await client.post(AlertRoute.path, .object(body)))
      try Printer(options).item(made, as: AlertRoute.listing, details: AlertRoute.details)
    }
  }
}

/// `upblit route edit`.
struct RouteEdit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a route; what is not named stays.",
    discussion: """
      Without tags and monitors a route is of all monitors.

        upblit route edit shop --remind 1h
        upblit route edit shop --to chat --to phone
        upblit route edit shop --no-tags --monitor web
        upblit route edit shop --no-tags --no-monitors --no-verdicts
      """)

  @Argument(help: ArgumentHelp(AlertRoute.handle, valueName: AlertRoute.valueName))
  var route: String

  @Option(help: "A new name.")
  var name: String?

  @OptionGroup var wishes: RouteWishes

  @Flag(help: "Of no tag any more.")
  var noTags = false

  @Flag(help: "Name no monitors any more.")
  var noMonitors = false

  @Flag(help: "Of all verdicts.")
  var noVerdicts = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    for (isEmptied, given, option, counterpart) in [
      (noTags, wishes.tags, "--no-tags", "--tag"),
      (noMonitors, wishes.monitors, "--no-monitors", "--monitor"),
      (noVerdicts, wishes.verdicts, "--no-verdicts", "--verdict"),
    ] where isEmptied && !given.isEmpty {
      throw ValidationError("\(option) and \(counterpart) exclude each other.")
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await AlertRoute.finder(client).id(route)
      var body = try await wishes.fields(client)
      body["name"] = name.map { .string($0) }
      if noTags { body["tags"] = [] }
      if noMonitors { body["monitors"] = [] }
      if noVerdicts { body["verdicts"] = [] }
      guard !body.members.isEmpty else {
        throw CLIError(.usage, "nothing to change: see `upblit route edit --help`")
      }
      let changed = AlertRoute(try await client.patch("\(AlertRoute.path)/\(id)", .object(body)))
      try Printer(options).item(changed, as: AlertRoute.listing, details: AlertRoute.details)
    }
  }
}
