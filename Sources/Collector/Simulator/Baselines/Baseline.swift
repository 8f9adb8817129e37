/// A model of somebody's documented rule on our agents: no vendor's fleet, and ideal links.
protocol Baseline: Sendable {
  /// Short and stable: the name in tables, JSON and `--policies`.
  var name: String { get }

  /// What it says of the target `index` of `trace`.
  func run(_ trace: WorldTrace, target index: Int) -> Record
}

/// How a baseline looks at one target.
struct Look {
  let trace: WorldTrace
  let target: TargetTrace
  /// How long it waits for an answer, ms.
  let timeoutMs: Int64

  init(_ trace: WorldTrace, _ index: Int, timeoutMs: Int64? = nil) {
    self.trace = trace
    target = trace.target[index]
    self.timeoutMs = timeoutMs ?? trace.scenario.timeoutMs
  }

  /// What it learned, and when.
  struct Seen {
    var failed: Bool
    var at: Int64
  }

  /// A scheduled probe; `nil` if it did not run or nobody heard of it.
  func scheduled(_ agent: Int, at start: Int64) -> Seen? {
    seen(target.scheduled(agent, at: start), agent, start)
  }

  /// A probe beside the schedule.
  func asked(_ agent: Int, at start: Int64) -> Seen? {
    seen(target.asked(agent, at: start), agent, start)
  }

  private func seen(_ finding: Finding?, _ agent: Int, _ start: Int64) -> Seen? {
    guard let finding else { return nil }
    let isLate = finding.tookMs > timeoutMs
    let at = start &+ min(finding.tookMs, timeoutMs)
    guard trace.cut(agent, at: at) == nil else { return nil }
    return Seen(failed: isLate || finding.isFailure, at: at)
  }
}

/// Down from the first moment on at which it is so.
struct DownSpans {
  private(set) var spans: [Span] = []
  private var since: Int64?

  var isDown: Bool { since != nil }

  mutating func set(_ isDown: Bool, at moment: Int64) {
    switch (since, isDown) {
    case (nil, true): since = moment
    case (let start?, false):
      spans.append(Span(start: start, end: moment))
      since = nil
    case (nil, false), (.some, true): break
    }
  }

  mutating func finish(at moment: Int64) -> [Span] {
    set(false, at: moment)
    return spans
  }
}
