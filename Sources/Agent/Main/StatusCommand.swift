import Link
import Linux
import Settings

/// `upblit-agent status`.
enum StatusCommand {
  static let table = SettingsTable([AgentKey.output.description] + AgentKey.common)

  static func run(_ values: SettingsValues) throws(AgentCommand.Failure) -> AgentCommand.Exit {
    do {
      let state = try StateFolder(values[AgentKey.stateFolder], makes: false)
      _ = try state.identity()
      let isRunning = state.isInUse
      var lines = SettingsFile.parse(try state.status() ?? "").entries.map { ($0.key, $0.value) }
      if !isRunning, let index = lines.firstIndex(where: { $0.0 == "state" }) {
        lines[index].1 = "stopped"
      }
      lines.insert(("running", isRunning ? "true" : "false"), at: 0)
      Terminal.print(values[AgentKey.output] == "json" ? json(lines) : text(lines))
      let isLive = lines.contains { $0 == ("state", "live") }
      return isRunning && isLive ? .ok : .unavailable
    } catch {
      throw AgentCommand.failure(error)
    }
  }

  private static func text(_ lines: [(String, String)]) -> String {
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { key, value in
      let name = String(key.map { $0 == "_" ? " " : $0 })
      return name + String(repeating: " ", count: width - key.count + 2) + value
    }.joined(separator: "\n")
  }

  private static func json(_ lines: [(String, String)]) -> String {
    let members = lines.map { key, value in
      let isPlain =
        value == "true" || value == "false" || Int(value).map { "\($0)" == value } == true
      return "  \"\(key)\": " + (isPlain ? value : quoted(value))
    }
    return "{\n" + members.joined(separator: ",\n") + "\n}"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 32:
        quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
