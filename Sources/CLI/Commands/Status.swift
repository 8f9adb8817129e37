import ArgumentParser
import JSON

/// `upblit status`.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how everything stands.",
    discussion: """
      With --watch it asks again and again: on a terminal it redraws until q or
      Ctrl-C; elsewhere it prints what changed, with -o json one line a change.

        upblit status
        upblit status --watch
        upblit status --exit-code || page-someone
      """)

  @Flag(name: .shortAndLong, help: "Go on showing it until q or Ctrl-C.")
  var watch = false

  @Option(help: "Seconds between two looks, with --watch.")
  var interval: Int = 5

  @Flag(help: "Exit with 3 if a monitor is down.")
  var exitCode = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...3600 ~= interval else { throw ValidationError("--interval must be from 1 to 3600.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      if watch { return try StatusWatch(client: client, command: self).run() }
      let status = try client.get("/api/v1/status")
      Console.out(
        options.output == .json
          ? status.indentedText + "\n" : StatusText.text(status, columns: Console.columns))
      if exitCode, let down = status["monitors"]?["down"]?.integerValue, down > 0 {
        throw CLIError(.down, down == 1 ? "a monitor is down" : "\(down) monitors are down")
      }
    }
  }
}

/// The status as text.
enum StatusText {
  static func text(_ status: JSONValue, columns: Int?) -> String {
    let text = counts("Monitors", status["monitors"]) + counts("Agents", status["agents"])
    let incidents = status["open_incidents"]?.elements ?? []
    if incidents.isEmpty { return text + "No open incidents.\n" }
    return text + "\n" + IncidentList.table(incidents).text(columns: columns)
  }

  /// `Monitors  12: 1 down, 11 up`, zeros left out.
  private static func counts(_ title: String, _ counts: JSONValue?) -> String {
    guard case .object(let object)? = counts else { return "" }
    let total = object["total"]?.integerValue ?? 0
    let parts = object.members.compactMap { member -> String? in
      guard member.name != "total", let count = member.value.integerValue, count > 0 else {
        return nil
      }
      return Paint.state(member.name, "\(count) \(member.name)")
    }
    return DisplayText.padded(title, to: 10) + String(total)
      + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")) + "\n"
  }
}
