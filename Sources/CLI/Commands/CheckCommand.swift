import ArgumentParser
import Glibc
import JSON

/// `upblit check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Run checks from this machine, on the spot.",
    discussion: """
      Asks as an agent would, with the agent's own engine, and needs no collector.

        upblit check https://shop.example.org/
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
        why.

        Without --allow-private nothing of this machine is asked: no loopback address. No
        one asks link-local addresses and metadata services of clouds.

        Exit codes: 0 all are up or degraded; 3 one is down or could not be asked; 65 a spec
        is not a check.
        """)

  @Argument(
    help: ArgumentHelp(
      "What is asked, in one of the forms above, or a host for its page.", valueName: "target"))
  var target: String?

  @Option(help: ArgumentHelp("A file with checks as JSON, or -.", valueName: "file|-"))
  var spec: String?

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
    guard 1...1_000 ~= concurrency else {
      throw ValidationError("--concurrency must be from 1 to 1000.")
    }
    guard Self.milliseconds(timeout) != nil else {
      throw ValidationError("--timeout must be from 100ms to 10m, as in 10s or 500ms.")
    }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
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
      if wasRefused, !allowPrivate {
        Console.note("To ask targets on this machine, add --allow-private.")
      }
      switch worst {
      case .up: return
      case .down: throw CLIError(.down, isAlone ? "" : "not all are up")
      case .invalid: throw CLIError(.badData, isAlone ? "" : "not all are checks")
      }
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
