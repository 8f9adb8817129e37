import ArgumentParser
import UpblitClient

/// In which form an answer is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, wide, json, yaml, name, csv

  /// Whether a person reads it.
  var isForPeople: Bool { self == .table || self == .wide }
}

/// Which collector is asked, and how.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The stored context to use.", valueName: "name"))
  var context: String?

  @Option(help: ArgumentHelp("The collector's address.", valueName: "url"))
  var server: String?

  @Option(help: ArgumentHelp("A file with the API key, or -.", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp("The authorities that sign the collector's certificate.", valueName: "file"))
  var caFile: String?

  @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
  var timeout: Int = 30

  @Flag(help: "Show requests and answers on standard error, secrets left out.")
  var debug = false

  func validate() throws {
    guard 1...600 ~= timeout else { throw ValidationError("--timeout must be from 1 to 600.") }
  }

  /// A client as flags, environment and stored context say, in this order.
  func client(isVerbose: Bool = false) throws(CLIError) -> Session {
    let chosen = try Connection(self)
    guard chosen.credential != nil else {
      let address = chosen.server.origin
      throw CLIError(
        .notAllowed,
        "not logged in to \(address): run `upblit login \(address)`, or set UPBLIT_TOKEN")
    }
    if isVerbose {
      let name = chosen.context.map { "context \($0), " } ?? ""
      Console.error("asking \(name)\(chosen.server)")
    }
    return try Session(configuration(chosen), context: chosen.context)
  }

  /// How `connection` is asked.
  func configuration(_ connection: Connection) -> ClientConfiguration {
    var configuration = ClientConfiguration(
      server: connection.server, credential: connection.credential,
      organization: connection.organization, caFile: connection.caFile, timeoutMs: timeout * 1000,
      userAgent: "upblit/\(APIClient.version)")
    configuration.retries = RetryPolicy(attempts: 3, longestPauseMs: min(timeout, 20) * 1000)
    if debug { configuration.observer = { Console.error(DebugText.text($0)) } }
    return configuration
  }
}

/// In which form the answer is printed.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp(valueName: "format"))
  var output: OutputFormat = .table

  @Option(
    help: ArgumentHelp("Only these columns of a list, separated by commas.", valueName: "names"))
  var columns: String?

  @Flag(help: "Leave the headings of a list out.")
  var noHeaders = false

  @Flag(help: "No colours.")
  var noColor = false

  @Flag(name: .shortAndLong, help: "Print what was asked for and no advice.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say on standard error what is done.")
  var verbose = false
}

/// What every command that asks a collector takes.
struct GlobalOptions: ParsableArguments {
  @OptionGroup(title: "Output") var printing: OutputOptions
  @OptionGroup(title: "Collector") var connection: ConnectionOptions

  @Flag(help: "Never ask anything; fail where an answer would be needed.")
  var noInput = false

  @Flag(name: .shortAndLong, help: "Answer yes to what would be asked.")
  var yes = false

  var output: OutputFormat { printing.output }

  /// A client as flags, environment and stored context say, in this order.
  func client() throws(CLIError) -> Session {
    try connection.client(isVerbose: printing.verbose)
  }

  /// Makes sure that a person wants what can't be taken back. Without a terminal nobody is asked.
  func confirm(_ question: String) throws(CLIError) {
    if yes || !Console.canAsk { return }
    if noInput { throw CLIError(.usage, "this would ask \"\(question)\": add --yes") }
    guard Console.ask("\(question) [y/N] ").lowercased().hasPrefix("y") else {
      throw CLIError(.failure, "nothing was changed")
    }
  }
}

/// How often something is looked at again.
struct WatchOptions: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help: "Go on showing it: redrawn on a terminal, else one JSON line a change.")
  var watch = false

  @Option(help: ArgumentHelp("Between two looks, with --watch.", valueName: "seconds"))
  var every: Int = 5

  func validate() throws {
    guard 1...3600 ~= every else { throw ValidationError("--every must be from 1 to 3600.") }
  }
}
