import Glibc
import JSON
import UpblitClient

/// Shows something again and again: redrawn on a terminal, elsewhere one JSON line a change.
struct Watch {
  let options: OutputOptions
  let seconds: Int

  init(_ options: GlobalOptions, _ watch: WatchOptions) {
    self.options = options.printing
    seconds = watch.every
  }

  /// What one look shows.
  struct Look {
    /// For a person.
    var text: String
    /// The things by their ids, to tell what changed.
    var items: [(id: String, json: JSONValue)]
  }

  func run(_ look: () async throws(CLIError) -> Look) async throws(CLIError) {
    guard Console.isTerminal, options.output.isForPeople else { return try await tell(look) }
    let keys = RawTerminal()
    defer { keys.restore() }
    while true {
      let words: String
      do {
        words = try await look().text
      } catch {
        if Self.isFinal(error) { throw error }
        words = "\(error.message)\n"
      }
      let time = Moment(milliseconds: Moment.now).text
      Console.out("\u{1b}[H\u{1b}[2J\(time)  every \(seconds) s, q quits\n\n" + words)
      if keys.wait(seconds: seconds) { return }
    }
  }

  /// `{"change":"present","item":{...}}` for all that is there at first, then what was added, changed
  /// and removed. A collector that can't be reached is told once, on standard error.
  private func tell(_ look: () async throws(CLIError) -> Look) async throws(CLIError) {
    var known: [String: JSONValue] = [:]
    var isFirst = true
    var trouble = ""
    while true {
      do {
        let items = try await look().items
        trouble = ""
        let present = Set(items.map(\.id))
        for id in known.keys.sorted() where !present.contains(id) {
          line("removed", known.removeValue(forKey: id) ?? .null)
        }
        for (id, json) in items where known[id] != json {
          line(isFirst ? "present" : known[id] == nil ? "added" : "changed", json)
          known[id] = json
        }
        isFirst = false
      } catch {
        if Self.isFinal(error) { throw error }
        if error.message != trouble { Console.error("upblit: \(error.message)") }
        trouble = error.message
      }
      do { try await Task.sleep(for: .seconds(seconds)) } catch {
        throw CLIError(.interrupted, "")
      }
    }
  }

  private func line(_ change: String, _ json: JSONValue) {
    let line: JSONValue = [
      "at": .string(Moment(milliseconds: Moment.now).text), "change": .string(change), "item": json,
    ]
    Console.out(data: line.text + "\n")
  }

  /// Whether looking again can't help.
  private static func isFinal(_ error: CLIError) -> Bool {
    switch error.code {
    case .notAllowed, .notFound, .usage, .badData, .interrupted: true
    case .failure, .down, .conflict: false
    }
  }
}
