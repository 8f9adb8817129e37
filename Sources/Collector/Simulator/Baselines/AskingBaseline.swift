/// One probe at a time, by one agent or by all in turn; a failure is confirmed before it is told.
struct AskingBaseline: Baseline {
  let name: String
  /// From one probe to the next; `nil` is the scenario's interval.
  var periodMs: Int64?
  /// Whether the agents take turns.
  var rotates = true
  let confirm: Confirmation
  /// How many successes in a row end it.
  var upsToRecover = 1
  /// How long there must have been no failure before it ends.
  var recoveryMs: Int64 = 0

  /// How a first failure is confirmed.
  enum Confirmation: Sendable {
    case none
    /// The same agent tries again, so often, at this distance.
    case same(tries: Int, afterMs: Int64)
    /// So many others are asked at once, and so many must fail in all.
    case others(count: Int, failing: Int)
    /// Others try in turn at half the period, until so many failed in a row.
    case inTurn(failing: Int)
  }

  func run(_ trace: WorldTrace, target index: Int) -> Record {
    let look = Look(trace, index)
    let period = periodMs ?? trace.scenario.intervalMs
    let first = trace.phase(index, 0, interval: trace.scenario.intervalMs) % period
    var record = Record()
    record.scheduledProbes = trace.length / period
    var spans = DownSpans()
    var at: Int64 = 0
    var ups = 0
    var upSince: Int64?
    while true {
      guard let (due, agent) = next(look, from: at, first: first, period: period, spans.isDown)
      else { break }
      guard due < trace.length else { break }
      at = due &+ 1
      guard let seen = look.scheduled(agent, at: due) else { continue }
      if spans.isDown {
        if seen.failed {
          (ups, upSince) = (0, nil)
          continue
        }
        ups += 1
        upSince = upSince ?? seen.at
        if ups >= upsToRecover, seen.at &- (upSince ?? seen.at) >= recoveryMs {
          spans.set(false, at: seen.at)
          (ups, upSince) = (0, nil)
        }
      } else if seen.failed {
        let (moment, isDown) = confirmed(look, seen, agent, period, &record)
        if isDown { spans.set(true, at: moment) }
        at = max(at, moment)
      }
    }
    record.down = spans.finish(at: trace.length)
    return record
  }

  private func next(
    _ look: Look, from: Int64, first: Int64, period: Int64, _ isDown: Bool
  ) -> (due: Int64, agent: Int)? {
    let agents = rotates ? look.trace.agents : 1
    if isDown {
      let due = TargetTrace.due(from: from, phase: first, period: period)
      return (due, Int((due &- first) / period) % agents)
    }
    var best: (due: Int64, agent: Int)?
    for agent in 0..<agents {
      let due = look.target.nextSuspect(
        agent, from: from, phase: first &+ period &* Int64(agent), period: period &* Int64(agents))
      if let due, best.map({ due < $0.due }) ?? true { best = (due, agent) }
    }
    return best
  }

  /// Whether a failure is confirmed, and when that is known.
  private func confirmed(
    _ look: Look, _ failure: Look.Seen, _ agent: Int, _ period: Int64, _ record: inout Record
  ) -> (Int64, Bool) {
    let agents = look.trace.agents
    switch confirm {
    case .none: return (failure.at, true)
    case .same(let tries, let afterMs):
      var at = failure.at
      for _ in 1..<tries {
        record.askedProbes += 1
        let start = at &+ afterMs
        guard let again = look.asked(agent, at: start) else {
          at = start
          continue
        }
        at = again.at
        if !again.failed { return (at, false) }
      }
      return (at, true)
    case .others(let count, let needed):
      var failures = [failure.at]
      let others = min(count, agents - 1)
      var last = failure.at
      for step in 0..<others {
        // Not the neighbours first.
        let other = (agent + 1 + (step + (agents - 1) / 2) % (agents - 1)) % agents
        record.askedProbes += 1
        guard let seen = look.asked(other, at: failure.at) else { continue }
        last = max(last, seen.at)
        if seen.failed { failures.append(seen.at) }
      }
      let required = min(needed, others + 1)
      failures.sort()
      guard failures.count >= required else { return (last, false) }
      return (failures[required - 1], true)
    case .inTurn(let needed):
      var at = failure.at
      var other = agent
      var count = 1
      while count < needed {
        record.askedProbes += 1
        other = (other + 1) % agents
        let start = at &+ period / 2
        at = start
        guard let seen = look.asked(other, at: start) else { continue }
        at = seen.at
        if !seen.failed { return (at, false) }
        count += 1
      }
      return (at, true)
    }
  }
}
