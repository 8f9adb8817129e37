import ArgumentParser
import JSON
import UpblitClient

/// `upblit status`.
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how everything stands.",
    discussion: """
      With --watch it asks again and again: on a terminal it redraws until q or
      Ctrl-C; elsewhere it prints one JSON line a change.

        upblit status
        upblit status --watch
        upblit status --exit-code || page-someone
      """)

  @Flag(help: "Exit with 3 if a monitor is down.")
  var exitCode = false

  @OptionGroup var watching: WatchOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      if watching.watch {
        return try await Watch(options, watching).run { () async throws(CLIError) in
          let status = StatusReport(try await client.get("/api/v1/status"))
          return Watch.Look(
            text: try StatusText.text(status, options.printing),
            items: [("status", Self.withoutTime(status.json))])
        }
      }
      let status = StatusReport(try await client.get("/api/v1/status"))
      let text = try StatusText.text(status, options.printing)
      try Printer(options).report(status.json) { text }
      if exitCode, let down = status.monitors["down"], down > 0 {
        throw CLIError(.down, down == 1 ? "a monitor is down" : "\(down) monitors are down")
      }
    }
  }

  /// What changes with every look is no change.
  private static func withoutTime(_ status: JSONValue) -> JSONValue {
    guard case .object(var object) = status else { return status }
    object["at"] = nil
    return .object(object)
  }
}

/// The status as text.
enum StatusText {
  static func text(
    _ status: StatusReport, _ options: OutputOptions
  ) throws(CLIError) -> String {
    let text = counts("Monitors", status.json["monitors"]) + counts("Agents", status.json["agents"])
    let incidents = status.openIncidents
    if incidents.isEmpty { return text + "No open incidents.\n" }
    return text + "\n" + (try Incident.listing.text(incidents, options))
  }

  /// `Monitors  12: 1 down, 11 up`, zeros left out.
  private static func counts(_ title: String, _ counts: JSONValue?) -> String {
    guard case .object(let object)? = counts else { return "" }
    let total = object["total"]?.integerValue ?? 0
    let parts = object.members.compactMap { member -> String? in
      guard member.name != "total", let count = member.value.integerValue, count > 0 else {
        return nil
      }
      return Paint.state(member.name, "\(count) \(DisplayText.escaped(member.name))")
    }
    return DisplayText.padded(title, to: 10) + String(total)
      + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")) + "\n"
  }
}
