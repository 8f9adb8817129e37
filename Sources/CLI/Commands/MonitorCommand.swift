import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor`.
struct MonitorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "Register, list, show, change, pause and delete monitors.",
    discussion: """
        upblit monitor create shop https://shop.example.org/ --interval 30
        upblit monitor list
        upblit monitor get shop
        upblit monitor uptime shop
      """,
    subcommands: [
      MonitorList.self, GetCommand<Monitor>.self, MonitorCreate.self, MonitorEdit.self,
      MonitorPause.self, MonitorResume.self, RemoveCommand<Monitor>.self, MonitorResults.self,
      MonitorUptime.self,
      MonitorHistory.self, MonitorRunCommand.self, MonitorLatency.self, MonitorExport.self,
    ])

  static let listing = Listing<Monitor>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "STATE") { .state($0.state, state($0)) },
      .init(title: "SINCE") { .moment($0.stateSince) },
      .init(title: "TARGET") { Cell($0.target) },
      .init(title: "EVERY", isNumber: true) { monitor in
        let seconds = monitor.intervalSeconds.map { String($0) }
        return Cell(seconds.map { "\($0) s" } ?? "-", plain: seconds ?? "")
      },
      .init(title: "KIND", isWide: true) { Cell($0.checkKind) },
      .init(title: "REGIONS", isWide: true) { Cell($0.regions?.joined(separator: " ") ?? "all") },
      .init(title: "POLICY", isWide: true) { Cell(PolicyWords.text($0.effectivePolicy)) },
      .init(title: "PARENT", isWide: true, isOptional: true) { .id($0.parent) },
    ])

  /// `up`, or `up, in a maintenance`.
  static func state(_ monitor: Monitor) -> String {
    monitor.isInMaintenance ? monitor.state + ", in a maintenance" : monitor.state
  }
}

/// `upblit monitor list`.
struct MonitorList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the monitors with their state.",
    discussion: """
        upblit monitor list
        upblit monitor list --state down --watch
        upblit monitor list --tag shop --search checkout
        upblit monitor list -o csv --columns name,state,target
        upblit monitor list -o name | xargs -n 1 upblit monitor uptime
      """)

  @Option(
    name: .customLong("state"),
    help: "Only those in this state: up, down, degraded and so on; repeat for more.")
  var states: [String] = []

  @Option(help: "Only those with this tag.")
  var tag: String?

  @Option(help: "Only those whose name or target holds this text.")
  var search: String?

  @OptionGroup var watching: WatchOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Monitor.listing,
        empty: states.isEmpty && tag == nil && search == nil
          ? "There are no monitors yet. Make one: upblit monitor create NAME URL"
          : "There are no such monitors.", watching: watching,
        look: { () async throws(CLIError) in try await wanted(client) }, after: warn)
    }
  }

  private func warn(_ monitors: [Monitor]) {
    guard options.output.isForPeople else { return }
    for warning in monitors.map(\.json).flatMap(PolicyWords.blinding) { Console.note(warning) }
  }

  private func wanted(_ client: Session) async throws(CLIError) -> [Monitor] {
    let monitors: [Monitor] = try await client.list(
      Monitor.path, [("tag", tag), ("q", search)])
    return states.isEmpty ? monitors : monitors.filter { states.contains($0.state) }
  }
}

/// `upblit monitor pause`.
struct MonitorPause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Stop probing a monitor; its history stays.",
    discussion: """
        upblit monitor pause shop
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      try await MonitorSwitch(monitor: monitor, isPaused: true).run(options)
    }
  }
}

/// `upblit monitor resume`.
struct MonitorResume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Probe a paused monitor again.",
    discussion: """
        upblit monitor resume shop
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      try await MonitorSwitch(monitor: monitor, isPaused: false).run(options)
    }
  }
}

/// Pauses a monitor, or has it probed again.
struct MonitorSwitch {
  let monitor: String
  let isPaused: Bool

  func run(_ options: GlobalOptions) async throws(CLIError) {
    let client = try options.client()
    let id = try await Monitor.finder(client).id(monitor)
    let changed = Monitor(
      try await client.patch("\(Monitor.path)/\(id)", ["paused": .bool(isPaused)]))
    try Printer(options).item(changed, as: Monitor.listing) { changed in
      let name = DisplayText.escaped(changed.name)
      return isPaused
        ? "Paused \(name). Resume it: upblit monitor resume \(id.prefix(8))\n"
        : "Resumed \(name). Its results: upblit monitor results \(id.prefix(8))\n"
    }
  }
}

extension Monitor: Removable {
  static let commandWords = "monitor"
  static let example = "shop"
  static var listing: Listing<Monitor> { MonitorCommand.listing }

  static let removal = Removal(
    abstract: "Delete a monitor; its history stays in the store.", question: "Delete the monitor")

  static func details(_ monitor: Monitor) -> String {
    var rows = Details()
    rows.add("name", monitor.name)
    rows.add("id", monitor.id)
    rows.add(
      "state",
      MonitorCommand.state(monitor) + (monitor.stateSince.map { ", since \($0.display)" } ?? ""),
      state: monitor.state)
    rows.add("target", monitor.target)
    rows.add("interval", monitor.intervalSeconds.map { "\($0) s" })
    rows.add("timeout", monitor.timeoutMs.map { "\($0) ms" })
    rows.add("regions", monitor.regions?.joined(separator: ", ") ?? "all")
    PolicyWords.add(monitor.json, to: &rows)
    rows.add("parent", monitor.parent)
    rows.add("created", monitor.createdAt?.display)
    rows.add("changed", monitor.updatedAt?.display)
    add(monitor.check, "check", to: &rows)
    return rows.text
  }

  /// The check's fields but for those that the target says, and for what is switched off or empty.
  private static func add(_ value: JSONValue, _ name: String, to rows: inout Details) {
    guard case .object(let object) = value else { return }
    for member in object.members where !["kind", "url", "host", "port"].contains(member.name) {
      let name = "\(name).\(member.name)"
      switch member.value {
      case .null, .bool(false), .array([]): continue
      case .object: add(member.value, name, to: &rows)
      case .array(let elements):
        rows.add(name, elements.map { $0.stringValue ?? $0.text }.joined(separator: ", "))
      default: rows.add(name, member.value.stringValue ?? member.value.text)
      }
    }
  }
}
