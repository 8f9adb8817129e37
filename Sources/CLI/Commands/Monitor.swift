import ArgumentParser
import JSON

/// `upblit monitor`.
struct Monitor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Register, list, show, change and delete monitors.",
    discussion: """
        upblit monitor add shop https://shop.example.org/ --interval 30
        upblit monitor list
        upblit monitor show shop
        upblit monitor uptime shop
      """,
    subcommands: [
      MonitorAdd.self, MonitorList.self, MonitorShow.self, MonitorResults.self, MonitorUptime.self,
      MonitorEdit.self, MonitorDelete.self,
    ])

  static let path = "/api/v1/monitors"

  static func finder(_ client: APIClient) -> Finder {
    Finder(client: client, path: path, thing: "monitor")
  }

  /// What a check asks, for a person: its URL, or `host:port`.
  static func target(_ monitor: JSONValue) -> String {
    let check = monitor["check"]
    if let url = check?["url"]?.stringValue { return url }
    let host = check?["host"]?.stringValue ?? "?"
    let port = check?["port"]?.integerValue.map { String($0) } ?? "?"
    return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// `up`, or `up, in a maintenance`.
  static func state(_ monitor: JSONValue) -> String {
    let state = monitor["state"]?.stringValue ?? "?"
    return monitor["in_maintenance"]?.boolValue == true ? state + ", in a maintenance" : state
  }

  static func show(_ monitor: JSONValue) -> String {
    var rows = Details()
    rows.add("name", monitor["name"]?.stringValue)
    rows.add("id", monitor["id"]?.stringValue)
    let since = monitor["state_since"]?.stringValue.flatMap { Moment($0) }
    rows.add("state", state(monitor) + (since.map { ", since \($0.display)" } ?? ""))
    rows.add("target", target(monitor))
    rows.add("interval", monitor["interval_s"]?.integerValue.map { "\($0) s" })
    rows.add("timeout", monitor["timeout_ms"]?.integerValue.map { "\($0) ms" })
    let regions = monitor["regions"]?.elements.compactMap(\.stringValue) ?? []
    rows.add("regions", regions.isEmpty ? "all" : regions.joined(separator: ", "))
    PolicyWords.add(monitor, to: &rows)
    rows.add("parent", monitor["parent"]?.stringValue)
    rows.add("created", Moment.display(monitor["created_at"]?.stringValue))
    rows.add("changed", Moment.display(monitor["updated_at"]?.stringValue))
    if case .object(let check)? = monitor["check"] {
      for member in check.members
      where !["kind", "url", "host", "port"].contains(member.name)
        && ![.null, .array([])].contains(member.value)
      {
        rows.add("check." + member.name, member.value.stringValue ?? member.value.text)
      }
    }
    return rows.text
  }
}

/// `upblit monitor list`.
struct MonitorList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the monitors with their state.",
    discussion: """
        upblit monitor list
        upblit monitor list -o json
      """)

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let monitors = try options.client().list(Monitor.path)
      if options.output == .json {
        return Console.out(JSONValue.array(monitors).indentedText + "\n")
      }
      if monitors.isEmpty {
        return Console.error("There are no monitors yet. Add one: upblit monitor add NAME URL")
      }
      var table = Table(["ID", "NAME", "STATE", "SINCE", "TARGET", "EVERY"])
      for monitor in monitors {
        table.add([
          String((monitor["id"]?.stringValue ?? "?").prefix(8)),
          monitor["name"]?.stringValue ?? "?", Monitor.state(monitor),
          Moment.display(monitor["state_since"]?.stringValue), Monitor.target(monitor),
          monitor["interval_s"]?.integerValue.map { "\($0) s" } ?? "?",
        ])
      }
      Console.out(table.text(columns: Console.columns))
      for warning in monitors.flatMap(PolicyWords.blinding) { Console.error(warning) }
    }
  }
}

/// `upblit monitor show`.
struct MonitorShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one monitor.",
    discussion: """
        upblit monitor show shop
        upblit monitor show 1b4e28ba
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let id = try Monitor.finder(client).id(monitor)
      let found = try client.get("\(Monitor.path)/\(id)")
      Console.out(options.output == .json ? found.indentedText + "\n" : Monitor.show(found))
    }
  }
}

/// `upblit monitor delete`.
struct MonitorDelete: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a monitor; its history stays in the store.",
    discussion: """
        upblit monitor delete shop
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let id = try Monitor.finder(client).id(monitor)
      try client.delete("\(Monitor.path)/\(id)")
      Console.out(options.output == .json ? "{\"deleted\":\"\(id)\"}\n" : "Deleted \(id).\n")
    }
  }
}
