/// Every agent holds a vote, its last known however old, and so many failing votes are down.
struct VotingBaseline: Baseline {
  let name: String
  /// Each agent's period; `nil` is the scenario's interval.
  var periodMs: Int64?
  /// Whether all probe at the same moment.
  var isSimultaneous = false
  var timeoutMs: Int64?
  /// How often an agent tries before its vote is a failure, and how long it waits between.
  var tries = 1
  var retryMs: Int64 = 20_000
  /// How many scheduled probes in a row turn a vote, either way.
  var inARow = 1
  /// Whether `failing` of `count` votes are down.
  let isDown: @Sendable (_ failing: Int, _ count: Int) -> Bool

  private struct Flip {
    var at: Int64
    var agent: Int
    var failing: Bool
  }

  func run(_ trace: WorldTrace, target index: Int) -> Record {
    let look = Look(trace, index, timeoutMs: timeoutMs)
    var record = Record()
    var flips: [Flip] = []
    for agent in 0..<trace.agents { votes(look, index, agent, &flips, &record) }
    flips.sort { ($0.at, $0.agent) < ($1.at, $1.agent) }
    var failing = 0
    var spans = DownSpans()
    for flip in flips {
      failing += flip.failing ? 1 : -1
      spans.set(isDown(failing, trace.agents), at: flip.at)
    }
    record.down = spans.finish(at: trace.length)
    return record
  }

  /// When the vote of `agent` turns.
  private func votes(
    _ look: Look, _ index: Int, _ agent: Int, _ flips: inout [Flip], _ record: inout Record
  ) {
    let trace = look.trace
    let interval = trace.scenario.intervalMs
    let period = periodMs ?? interval
    let phase = trace.phase(index, isSimultaneous ? 0 : agent, interval: interval) % period
    record.scheduledProbes += trace.length / period
    var isFailing = false
    var streak = 0
    var at: Int64 = 0
    while true {
      let due: Int64
      if isFailing || streak > 0 {
        due = TargetTrace.due(from: at, phase: phase, period: period)
      } else {
        guard
          let next = look.target.nextSuspect(agent, from: at, phase: phase, period: period)
        else { return }
        due = next
      }
      guard due < trace.length else { return }
      at = due &+ 1
      guard var seen = look.scheduled(agent, at: due) else { continue }
      var tried = 1
      while seen.failed, tried < tries {
        record.askedProbes += 1
        tried += 1
        guard let again = look.asked(agent, at: seen.at &+ retryMs) else { continue }
        seen = again
      }
      at = max(at, seen.at)
      if seen.failed == isFailing {
        streak = 0
        continue
      }
      streak += 1
      if streak >= inARow {
        isFailing = seen.failed
        streak = 0
        flips.append(Flip(at: seen.at, agent: agent, failing: isFailing))
      }
    }
  }
}
