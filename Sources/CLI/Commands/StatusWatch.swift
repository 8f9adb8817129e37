import Glibc
import JSON

/// Shows the status again and again.
struct StatusWatch {
  let client: APIClient
  let command: Status

  func run() throws(CLIError) {
    guard Console.isTerminal, command.options.output == .table else { return try printChanges() }
    let keys = RawTerminal()
    defer { keys.restore() }
    while true {
      let words: String
      do {
        words = StatusText.text(try client.get("/api/v1/status"), columns: Console.columns)
      } catch {
        if error.code == .notAllowed { throw error }
        words = "\(error.message)\n"
      }
      let time = Moment.text(Moment.now)
      Console.out("\u{1b}[H\u{1b}[2J\(time)  every \(command.interval) s, q quits\n\n" + words)
      if keys.wait(seconds: command.interval) { return }
    }
  }

  /// Away from a terminal: what is new since the last look, and nothing while nothing is.
  private func printChanges() throws(CLIError) {
    var last: String?
    while true {
      let status = try client.get("/api/v1/status")
      let now = Self.withoutTime(status).text
      if now != last {
        Console.out(
          command.options.output == .json
            ? status.text + "\n"
            : "\(Moment.text(Moment.now))\n\(StatusText.text(status, columns: nil))\n")
        last = now
      }
      sleep(UInt32(command.interval))
    }
  }

  private static func withoutTime(_ status: JSONValue) -> JSONValue {
    guard case .object(var object) = status else { return status }
    object["at"] = nil
    return .object(object)
  }
}
