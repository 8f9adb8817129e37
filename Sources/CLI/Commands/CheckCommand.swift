import ArgumentParser
import Glibc
import JSON
import UpblitClient

/// `upblit check`.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Run checks on the spot: from this machine, and from every region.",
    discussion: """
      Asks as an agent would, with the agent's own engine, and needs no collector. Whoever
      is logged in to one asks from all its regions as well, one agent in each: a line a
      place, with the ends of the probe's phases. What they find is kept by nobody.

        upblit check https://shop.example.org/
        upblit check https://shop.example.org/ --regions eu-west,us-east
        upblit check https://shop.example.org/ --local
        upblit check db.example.org:5432
        upblit check tls://example.org
        upblit check dns://example.org/MX@192.0.2.53
        upblit check grpcs://api.example.org/shop.Cart
        upblit check --spec check.json -o json
        upblit check --spec - -o json < checks.ndjson

      Targets:

      """ + TargetWords.forms + """


        A spec is the JSON of a monitor's check as the API takes it:

          {"kind": "http", "url": "https://shop.example.org/", "contains": ["Welcome"]}

        or a whole monitor's, of which check, name and timeout_ms are read. A file may hold
        one, an array of them, or one a line (NDJSON): then each gives one line, in their
        order, however long the others take; one that can't be read gives a line that says
        why, and all are asked from this machine alone.

        With -o json each place gives a line; `where` is its region, or local.

        Without --allow-private nothing of this machine is asked: no loopback address. No
        one asks link-local addresses and metadata services of clouds.

        Exit codes: 0 all are up or degraded, everywhere; 3 one is down or could not be asked
        somewhere; 65 a spec is not a check. Where the collector can't be asked, this
        machine's answer decides, unless --regions asked for others'.

        Only a target of the command line goes to the regions by itself. A file may hold
        secrets, and with --allow-private an address is another machine elsewhere: for
        these name --regions.
        """)

  @Argument(
    help: ArgumentHelp(
      "What is asked, in one of the forms above, or a host for its page.", valueName: "target"))
  var target: String?

  @Option(help: ArgumentHelp("A file with checks as JSON, or -.", valueName: "file|-"))
  var spec: String?

  @Flag(help: "Ask from this machine alone.")
  var local = false

  @Option(
    help: ArgumentHelp(
      "Ask from these regions, or all, beside this machine; then their answers are wanted.",
      valueName: "a,b|all"))
  var regions: String?

  @Flag(help: "Allow targets on this machine.")
  var allowPrivate = false

  @Option(help: ArgumentHelp("What a check may take, such as 10s or 500ms.", valueName: "duration"))
  var timeout: String = "10s"

  @Option(help: "How many checks run at once, 1 to 1000.")
  var concurrency: Int = 256

  @Option(
    help: ArgumentHelp(
      "The certificate authorities to believe, in PEM.", valueName: "file"))
  var caFile: String?

  /// A person's lines, or one JSON object a line.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  @Option(name: .shortAndLong, help: ArgumentHelp(valueName: "format"))
  var output: Format = .table

  func validate() throws {
    guard (target == nil) != (spec == nil) else {
      throw ValidationError("Give either a target or --spec FILE.")
    }
    guard !local || regions == nil else {
      throw ValidationError("--local and --regions contradict each other.")
    }
    guard 1...1_000 ~= concurrency else {
      throw ValidationError("--concurrency must be from 1 to 1000.")
    }
    guard Self.milliseconds(timeout) != nil else {
      throw ValidationError("--timeout must be from 100ms to 10m, as in 10s or 500ms.")
    }
  }

  func run() async throws {
    try await reporting(noColor: false, isQuiet: false) { () async throws(CLIError) in
      let timeoutMs = Self.milliseconds(timeout) ?? 10_000
      let specs: [CheckSpec]
      if let target {
        specs = [try CheckSpec(target: target, timeoutMs: timeoutMs)]
      } else {
        specs = try CheckSpecs.read(spec ?? "-", timeoutMs: timeoutMs)
      }
      var runner = CheckRunner(concurrency: concurrency, allowsLoopback: allowPrivate)
      if let caFile {
        guard access(caFile, R_OK) == 0 else {
          throw CLIError(
            .failure, "cannot read \(DisplayText.escaped(caFile)): \(SystemText.lastError)")
        }
        runner.caFile = caFile
      }
      if let spec = specs.first, let asked = try regionCheck(of: specs) {
        try await runEverywhere(spec, runner, asked)
      } else {
        try runHere(specs, runner)
      }
    }
  }

  /// What the regions are to be asked; `nil` where nobody is logged in, or this machine is meant.
  private func regionCheck(of specs: [CheckSpec]) throws(CLIError) -> RegionCheck? {
    if local { return nil }
    let names =
      regions == "all" ? nil : regions.map { $0.split(separator: ",").map(String.init) }
    guard specs.count == 1, let spec = specs.first else {
      guard regions == nil else {
        throw CLIError(.usage, "--regions goes with one check, and here are \(specs.count)")
      }
      return nil
    }
    guard case .success(let question) = spec.content else { return nil }
    // A file may hold secrets, and a private address is another one elsewhere: neither leaves this
    // machine unasked.
    guard regions != nil || (target != nil && !allowPrivate) else { return nil }
    do throws(CLIError) {
      if let client = try RegionCheck.account() {
        return RegionCheck(client: client, question: question, regions: names)
      }
    } catch {
      guard regions == nil else { throw error }
      Self.tellMissing(error)
      return nil
    }
    guard regions == nil else {
      throw CLIError(
        .notAllowed,
        "--regions asks a collector, and nobody is logged in: "
          + Connection.howToLogIn)
    }
    return nil
  }

  /// Says why the regions are missing.
  private static func tellMissing(_ error: CLIError) {
    Console.error("upblit: the regions are missing: \(error.message)")
  }

  private func runEverywhere(
    _ spec: CheckSpec, _ runner: CheckRunner, _ others: RegionCheck
  ) async throws(CLIError) {
    async let asked = others.begin()
    async let found = runner.answer(spec)
    let local = try await found.get()
    var answers = [PlaceAnswer(local)]
    if output == .json { Console.out(data: answers[0].json.text + "\n") }
    var missing: CLIError?
    do throws(CLIError) {
      try await others.follow(try await asked.get()) { region in
        let answer = PlaceAnswer(region, of: spec, others.question)
        answers.append(answer)
        if output == .json { Console.out(data: answer.json.text + "\n") }
      }
    } catch {
      if error.code == .interrupted { throw error }
      missing = error
    }
    if output == .table {
      Console.out(
        missing != nil && answers.count == 1 ? local.details : PlaceAnswer.table(answers))
    }
    if let missing {
      // Who names regions wants their answers.
      guard regions == nil else { throw missing }
      Self.tellMissing(missing)
    }
    tellRefused(local.isRefusedAddress)
    switch answers.map(\.verdict).max() ?? .up {
    case .up: return
    case .down: throw CLIError(.down, "")
    case .invalid: throw CLIError(.badData, "")
    }
  }

  private func runHere(_ specs: [CheckSpec], _ runner: CheckRunner) throws(CLIError) {
    let isAlone = specs.count == 1
    var worst = CheckVerdict.up
    var wasRefused = false
    try runner.run(specs) { answer in
      worst = max(worst, answer.verdict)
      wasRefused = wasRefused || answer.isRefusedAddress
      switch output {
      case .json: Console.out(data: answer.json.text + "\n")
      case .table: Console.out(isAlone ? answer.details : answer.line)
      }
    }
    tellRefused(wasRefused)
    switch worst {
    case .up: return
    case .down: throw CLIError(.down, isAlone ? "" : "not all are up")
    case .invalid: throw CLIError(.badData, isAlone ? "" : "not all are checks")
    }
  }

  private func tellRefused(_ wasRefused: Bool) {
    if wasRefused, !allowPrivate {
      Console.note("To ask targets on this machine, add --allow-private.")
    }
  }

  /// `500ms`, `10s`, `1m`; from 100 ms to 10 minutes.
  static func milliseconds(_ text: String) -> UInt32? {
    let units: [(String, UInt64)] = [("ms", 1), ("s", 1_000), ("m", 60_000)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      guard let number = UInt64(text.dropLast(unit.utf8.count)), number <= 600_000 else { continue }
      return 100...600_000 ~= number * factor ? UInt32(number * factor) : nil
    }
    return nil
  }
}
