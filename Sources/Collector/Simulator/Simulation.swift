import Synchronization

/// What is to be simulated.
public struct SimulationPlan: Sendable {
  public var scenario: Scenario
  /// The first world's seed; each further world has the next.
  public var seed: UInt64
  public var targetYears: Double
  /// Names of the policies, in order of the table.
  public var policies: [String]
  public var fullStepping: Bool
  /// Worlds that pass side by side.
  public var jobs: Int
  /// Monotonic nanoseconds, for measuring what a step costs; `nil` measures nothing.
  public var clock: (@Sendable () -> UInt64)?
  /// How long a world lasts at most.
  var worldYears = 1.0

  public init(
    scenario: Scenario = Scenario(), seed: UInt64 = 1, targetYears: Double = 20,
    policies: [String] = Simulation.policies, fullStepping: Bool = false, jobs: Int = 1,
    clock: (@Sendable () -> UInt64)? = nil
  ) {
    self.scenario = scenario
    self.seed = seed
    self.targetYears = targetYears
    self.policies = policies
    self.fullStepping = fullStepping
    self.jobs = jobs
    self.clock = clock
  }

  /// How many worlds there are, each of at most a year.
  public var worlds: Int {
    max(1, Int((targetYears / scenario.targets / worldYears).rounded(.up)))
  }

  /// How long each lasts, ms.
  var length: Int64 {
    Int64(targetYears / scenario.targets / Double(worlds) * WorldTrace.year)
  }

  func trace(_ world: Int) -> WorldTrace {
    WorldTrace(scenario: scenario, seed: seed &+ UInt64(world), length: length)
  }
}

/// What is known while a simulation runs.
public final class SimulationProgress: Sendable {
  private let finished = Atomic<Int>(0)
  private let taken = Atomic<Int>(0)
  private let stopped = Atomic<Bool>(false)

  public init() {}

  /// How many worlds have passed.
  public var worlds: Int { finished.load(ordering: .relaxed) }

  /// Lets no further world begin, and gives up those that have not finished.
  public func stop() { stopped.store(true, ordering: .relaxed) }

  /// Whether `stop` was called.
  public var isStopped: Bool { stopped.load(ordering: .relaxed) }

  /// The next world that nobody has begun, of `count`.
  fileprivate func take(of count: Int) -> Int? {
    guard !isStopped else { return nil }
    let index = taken.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  fileprivate func finish() { finished.add(1, ordering: .relaxed) }
}

/// One world's scores, in the order of the plan's policies.
public struct WorldResult: Sendable {
  public var seed: UInt64
  var scores: [Score]
  var timing: StepTiming
  /// The first target with which ours went wrong; `nil` if none did.
  var mistaken: Int?
}

/// Runs plans.
public enum Simulation {
  static let ours = "upblit"
  static let lean = "upblit-lean"

  /// The names of all policies, ours first.
  public static let policies = [ours, lean] + Baselines.all.map(\.name)

  /// Runs all worlds of `plan`, `plan.jobs` at a time; the same plan gives the same results however
  /// many there are. Where `progress` is stopped, those worlds that have finished: a partial result.
  public static func run(
    _ plan: SimulationPlan, progress: SimulationProgress = SimulationProgress()
  ) async -> SimulationResult {
    let results = await withTaskGroup(of: [(Int, WorldResult)].self) { group in
      for _ in 0..<max(1, plan.jobs) {
        group.addTask {
          var own: [(Int, WorldResult)] = []
          while let index = progress.take(of: plan.worlds) {
            guard let passed = world(index, of: plan, progress) else { break }
            own.append((index, passed))
            progress.finish()
          }
          return own
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    return SimulationResult(plan: plan, worlds: results.sorted { $0.0 < $1.0 }.map(\.1))
  }

  /// Runs one world; `nil` if it was stopped meanwhile.
  static func world(
    _ index: Int, of plan: SimulationPlan, _ progress: SimulationProgress = SimulationProgress()
  ) -> WorldResult? {
    let trace = plan.trace(index)
    var result = WorldResult(
      seed: trace.seed, scores: [], timing: StepTiming(), mistaken: nil)
    for policy in plan.policies {
      var score = Score()
      let records: [Record]
      switch policy {
      case ours, lean:
        var run = EngineRun(trace, options: options(policy, plan))
        records = run.run(progress)
        result.timing.add(run.timing)
        if policy == ours {
          result.mistaken = records.indices.first { target in
            Judge(trace: trace, target: trace.target[target]).mistake(records[target]) != nil
          }
        }
      default:
        guard let baseline = Baselines.all.first(where: { $0.name == policy }) else {
          records = []
          break
        }
        records = (0..<trace.targets).map { target in
          progress.isStopped ? Record() : baseline.run(trace, target: target)
        }
      }
      guard !progress.isStopped else { return nil }
      for (target, record) in records.enumerated() {
        score.add(Judge(trace: trace, target: trace.target[target]).score(record))
      }
      result.scores.append(score)
    }
    return result
  }

  static func options(_ policy: String, _ plan: SimulationPlan) -> EngineRun.Options {
    EngineRun.Options(
      stretch: policy == lean ? Int64(plan.scenario.agents) : 1, fullStepping: plan.fullStepping,
      clock: plan.clock)
  }

  /// The events around the first thing that went wrong with ours; `nil` if nothing did.
  public static func journal(_ result: SimulationResult) -> String? {
    let plan = result.plan
    guard let index = result.worlds.firstIndex(where: { $0.mistaken != nil }),
      let target = result.worlds[index].mistaken
    else { return nil }
    let trace = plan.trace(index)
    var run = EngineRun(trace, options: options(ours, plan), journalOf: target)
    let records = run.run()
    let judge = Judge(trace: trace, target: trace.target[target])
    guard let mistake = judge.mistake(records[target]) else { return nil }
    return run.journal?.text(of: mistake, in: trace)
  }
}
