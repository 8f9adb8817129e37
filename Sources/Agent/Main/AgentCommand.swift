import Glibc
import Link
import Linux
import Settings

/// The commands of `upblit-agent`, and how each ends.
enum AgentCommand {
  static let version = "0.1.0"
  static let software = "upblit-agent/\(version)"

  /// How a command ended, as sysexits(3) numbers it.
  enum Exit: Int32 {
    case ok = 0
    case usage = 64
    case unavailable = 69
    case software = 70
    case noPermission = 77
    case configuration = 78
  }

  /// A command's end with a sentence for a person.
  struct Failure: Error {
    var exit: Exit
    var message: String
  }

  /// Runs one command and gives the process's exit code.
  static func run(_ arguments: [String]) -> Int32 {
    SignalQueue.ignoreBrokenPipes()
    do {
      return try dispatch(arguments).rawValue
    } catch {
      Terminal.error("upblit-agent: \(error.message)")
      return error.exit.rawValue
    }
  }

  private static func dispatch(_ arguments: [String]) throws(Failure) -> Exit {
    guard let name = arguments.first, !name.hasPrefix("-") else {
      let common = Arguments(arguments, for: SettingsTable(AgentKey.common))
      if common.wantsVersion { return printed("\(software)") }
      if common.wantsHelp { return printed(Help.overview) }
      throw Failure(exit: .usage, message: "the first word must be a command\n\n\(Help.overview)")
    }
    let rest = Array(arguments.dropFirst())
    switch name {
    case "enroll": return try command(Enroll.table, rest, Help.enroll, Enroll.run)
    case "run": return try command(SettingsTable(AgentKey.common), rest, Help.run, Run.run)
    case "status": return try command(StatusCommand.table, rest, Help.status, StatusCommand.run)
    case "check-config":
      return try command(CheckConfig.table, rest, Help.checkConfig, CheckConfig.run)
    default:
      throw Failure(
        exit: .usage, message: "there is no command \(name): enroll, run, status, check-config")
    }
  }

  private static func command(
    _ table: SettingsTable, _ words: [String], _ help: String,
    _ body: (SettingsValues) throws(Failure) -> Exit
  ) throws(Failure) -> Exit {
    let arguments = Arguments(words, for: table)
    if arguments.wantsHelp { return printed(help + "\n" + table.help()) }
    if arguments.wantsVersion { return printed(software) }
    if !arguments.problems.isEmpty {
      throw Failure(
        exit: .usage, message: arguments.problems.map(\.description).joined(separator: "\n"))
    }
    if let word = arguments.words.first {
      throw Failure(exit: .usage, message: "\(word) has no meaning here\n\n\(help)")
    }
    return try body(try settings(table, arguments))
  }

  /// Reads the settings from all their sources.
  static func settings(
    _ table: SettingsTable, _ arguments: Arguments
  ) throws(Failure) -> SettingsValues {
    do {
      let given = arguments.flags[AgentKey.config.description.name]
      let file = try SettingsSource.file(
        at: given ?? AgentKey.defaultConfig, isOptional: given == nil)
      return try table.resolve(
        file: file, environment: SettingsSource.environment(), arguments: arguments)
    } catch {
      // A flag is the caller's own slip; everything else is the installation's.
      let isUsage = error.problems.allSatisfy { $0.place == "command line" || $0.place.isEmpty }
      throw Failure(exit: isUsage ? .usage : .configuration, message: error.description)
    }
  }

  private static func printed(_ text: String) -> Exit {
    Terminal.print(text)
    return .ok
  }

  /// The exit code and sentence for what is wrong with the state folder.
  static func failure(_ error: StateError) -> Failure {
    let exit: Exit =
      switch error {
      case .foreign, .open: .noPermission
      case .taken: .unavailable
      case .missing, .notAFolder, .notEnrolled, .damaged: .configuration
      case .system(let reason): reason.contains("Permission denied") ? .noPermission : .software
      }
    return Failure(exit: exit, message: "\(error)")
  }
}
