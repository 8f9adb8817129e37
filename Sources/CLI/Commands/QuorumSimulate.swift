import ArgumentParser
import Glibc
import JSON
import Simulator
import Synchronization

/// `upblit quorum`.
struct QuorumCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quorum", abstract: "Find out what a quorum is worth.",
    discussion: """
        upblit quorum simulate --target-years 100
        upblit quorum backtest --monitor shop --policy 60% --since 30d
      """,
    subcommands: [QuorumSimulate.self, QuorumBacktest.self])
}

/// `upblit quorum simulate`.
struct QuorumSimulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Judge Upblit's engine, and other rules, in a simulated network.",
    discussion: """
      Needs no collector. Every policy sees the same world: the same outages, the same
      lost probes, the same failing agents. The same seed gives the same figures.

        upblit quorum simulate --target-years 100
        upblit quorum simulate --agents 3 --loss 0.015 --json figures.json
        upblit quorum simulate --scenario flapping --policies upblit,single

      Ctrl-C ends it with the figures of the worlds that have passed by then, said to be
      partial, and exit code 130.

      Scenarios: \(Scenario.names).
      Policies: \(Simulation.policies.joined(separator: ", ")).
      """)

  @Option(help: "Agents, each in a region of its own (1 to 10).")
  var agents: Int?

  @Option(help: ArgumentHelp("Between two probes of one agent: 60s, 1m.", valueName: "duration"))
  var interval: String?

  @Option(help: "The share of probes that fail for no lasting reason (0 to 0.5).")
  var loss: Double?

  @Option(help: "Years of watching one target, summed over targets.")
  var targetYears: Double = 100

  @Option(help: "The first world's seed; each further world has the next.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("A shipped scenario, or a JSON file.", valueName: "name|file"))
  var scenario: String = "default"

  @Option(
    help: ArgumentHelp(
      "Where to write all figures as JSON; - is standard output.", valueName: "file|-"))
  var json: String?

  @Option(
    help: ArgumentHelp("Where to draw false pages against time to detect.", valueName: "file"))
  var svg: String?

  @Option(
    help: ArgumentHelp(
      "Where to write the events around the first mistake of ours.", valueName: "file"))
  var trace: String?

  @Option(help: ArgumentHelp("Only these, separated by commas.", valueName: "list"))
  var policies: String?

  @Option(help: "Worlds that pass side by side; as many as there are cores unless given.")
  var jobs: Int?

  @Flag(help: "Look at every probe instead of skipping quiet stretches.")
  var fullStepping = false

  func validate() throws {
    guard targetYears > 0, targetYears <= 1_000_000 else {
      throw ValidationError("--target-years must be above 0 and at most 1000000.")
    }
    if let agents, !(1...10).contains(agents) {
      throw ValidationError("--agents must be from 1 to 10.")
    }
    if let loss, !(0...0.5).contains(loss) {
      throw ValidationError("--loss must be from 0 to 0.5.")
    }
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("--jobs must be from 1 to 256.")
    }
    for name in names where !Simulation.policies.contains(name) {
      throw ValidationError(
        "there is no policy \(DisplayText.escaped(name)); --policies takes "
          + Simulation.policies.joined(separator: ", ") + ".")
    }
  }

  private var names: [String] {
    guard let policies else { return Simulation.policies }
    return policies.split(separator: ",").map(String.init)
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let plan = SimulationPlan(
        scenario: try chosenScenario(), seed: seed, targetYears: targetYears, policies: names,
        fullStepping: fullStepping, jobs: jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
        clock: { Self.nanoseconds() })
      let result = simulated(plan)
      if result.worlds.isEmpty {
        throw CLIError(.interrupted, "stopped before the first world had passed; nothing is known")
      }
      if json != "-" { show(result) }
      if let json {
        let text = result.json.indentedText + "\n"
        if json == "-" { Console.out(data: text) } else { try FileText.write(text, to: json) }
      }
      if let svg { try FileText.write(result.svg, to: svg) }
      if let trace {
        let text = Simulation.journal(result) ?? "Nothing went wrong.\n"
        try FileText.write(text, to: trace)
      }
      if result.isPartial {
        throw CLIError(
          .interrupted,
          "stopped when \(result.worlds.count) of \(plan.worlds) worlds had passed; the figures are "
            + "partial")
      }
    }
  }

  private func chosenScenario() throws(CLIError) -> Scenario {
    var chosen: Scenario
    if let known = Scenario.named(scenario) {
      chosen = known
    } else {
      guard access(scenario, F_OK) == 0 else {
        throw CLIError(
          .usage,
          "there is no scenario and no file \(DisplayText.escaped(scenario)); shipped are "
            + Scenario.names)
      }
      let text = try FileText.read(scenario)
      do {
        chosen = try Scenario(parsing: text, name: scenario)
      } catch {
        throw CLIError(
          .badData, "\(DisplayText.escaped(scenario)): \(DisplayText.escaped(error.description))")
      }
    }
    if let agents { chosen.agents = Double(agents) }
    if let loss { chosen.loss = loss }
    if let interval { chosen.interval = try seconds(interval) }
    if let problem = chosen.problem { throw CLIError(.usage, problem) }
    return chosen
  }

  /// `60s`, `1m`, or a number of seconds.
  private func seconds(_ text: String) throws(CLIError) -> Double {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard let number = Int(digits), case let value = Double(number) * (unit ?? 1),
      5...3_600 ~= value
    else {
      throw CLIError(
        .usage, "--interval is \(DisplayText.escaped(text)); it must be from 5s to 1h, as in 60s")
    }
    return value
  }

  /// Runs `plan` on Swift's own threads and tells how far it is. The first Ctrl-C ends it with what
  /// has passed, the second at once.
  private func simulated(_ plan: SimulationPlan) -> SimulationResult {
    Interruption.note()
    let progress = SimulationProgress()
    let box = ResultBox()
    let begun = Self.nanoseconds()
    Task.detached {
      let result = await Simulation.run(plan, progress: progress)
      box.put(result)
    }
    let showing = isatty(2) == 1
    while true {
      if let result = box.result {
        if showing { Console.errorInPlace("") }
        return result
      }
      usleep(50_000)
      if let signal = Interruption.take() {
        if progress.isStopped { _exit(128 + signal) }
        progress.stop()
      }
      guard showing else { continue }
      let seconds = Double(Self.nanoseconds() - begun) / 1e9
      let done = progress.worlds
      let left =
        done == 0 ? "" : ", \(Int(seconds / Double(done) * Double(plan.worlds - done))) s left"
      Console.errorInPlace("\(done) of \(plan.worlds) worlds\(left)")
    }
  }

  private func show(_ result: SimulationResult) {
    var table = Table(SimulationResult.heading)
    for row in result.rows { table.add(row) }
    Console.out(table.text(columns: Console.columns))
    for note in result.notes { Console.out(note + "\n") }
  }

  @Sendable private static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// Where a finished simulation is put by its task and found by the thread that waits.
private final class ResultBox: Sendable {
  private let content = Mutex<SimulationResult?>(nil)

  var result: SimulationResult? { content.withLock { $0 } }

  func put(_ result: SimulationResult) { content.withLock { $0 = result } }
}
