import Quorum

/// The events of one target as lines of text, for finding out why something was said.
struct Journal {
  let target: Int
  /// With the moments they tell of, ms since the world's start.
  private(set) var lines: [(at: Int64, text: String)] = []

  init(target: Int) { self.target = target }

  mutating func note(_ at: Int64, _ agent: Int, _ trust: Trust) {
    switch trust {
    case .trusted: add(at, "region-\(agent) is trusted")
    case .distrusted(let reason): add(at, "region-\(agent) is distrusted: \(reason)")
    }
  }

  mutating func note(
    _ at: Int64, _ change: Event.Change, _ step: Step, _ state: MonitorState, _ panel: Panel
  ) {
    switch change {
    case .configured(let settings): add(at, "configured, epoch \(settings.epoch)")
    case .observed(let found):
      let question = found.answers.map { ", answers \($0.episode).\($0.round)" } ?? ""
      let age = at - found.startedMs
      add(at, "\(found.region) finds \(found.kind.rawValue), begun \(age) ms ago\(question)")
    case .overdue(let region, _): add(at, "\(region) is overdue")
    case .dropped(let id, let region, _): add(at, "\(region) drops \(id.episode).\(id.round)")
    case .delayed(let id, let region, _, let byMs):
      add(at, "\(region) is asked \(id.episode).\(id.round) only after \(byMs) ms")
    case .maintenance(let edge): add(at, "maintenance \(edge.rawValue)")
    case .tick: add(at, "tick")
    }
    let silent = panel.seats.filter { !($0.voter?.isLive ?? false) }.map(\.region)
    let distrusted = panel.seats.filter { $0.voter?.trust != .trusted }.map(\.region)
    if !silent.isEmpty { add(at, "  silent: \(silent.joined(separator: " "))") }
    if !distrusted.isEmpty { add(at, "  distrusted: \(distrusted.joined(separator: " "))") }
    for directive in step.directives { add(at, "  -> \(Self.text(directive))") }
    add(
      at,
      "  \(Self.text(state.stage)), wakes \(step.wakeAt.map { "in \($0 - state.steppedAt) ms" } ?? "never")"
    )
  }

  /// What happened around `mistake`, and what was true then.
  func text(of mistake: Finder, in trace: WorldTrace) -> String {
    let from = mistake.span.start &- 240_000
    let until = mistake.span.end &+ 120_000
    let window = Span(start: from, end: until)
    var text =
      "seed \(trace.seed), target \(target): \(mistake.what) from \(mistake.span.start) to "
      + "\(mistake.span.end) ms\n\nTrue at the time:\n"
    let truth = trace.target[target]
    for outage in truth.outages where window.meets(outage.span) {
      text += "  outage \(outage.mode)\(outage.isBrownout ? ", brownout" : "")"
      text += " from \(outage.span.start) to \(outage.span.end)\n"
    }
    for span in truth.regional where window.meets(span) {
      text += "  regional fault from \(span.start) to \(span.end)\n"
    }
    for agent in 0..<trace.agents {
      for fault in trace.agentFaults[agent] where window.meets(fault.span) {
        text += "  region-\(agent): \(fault.kind)"
        text += " from \(fault.span.start) to \(fault.span.end)\n"
      }
      for span in trace.cuts[agent] where window.meets(span) {
        text += "  region-\(agent) is cut off from \(span.start) to \(span.end)\n"
      }
    }
    text += "\nEvents:\n"
    for line in lines where window.contains(line.at) { text += "\(line.at) \(line.text)\n" }
    return text
  }

  private mutating func add(_ at: Int64, _ text: String) { lines.append((at, text)) }

  private static func text(_ stage: Stage) -> String {
    switch stage {
    case .settled: "settled"
    case .suspect(let episode): "suspect, \(episode.rounds.count) rounds"
    case .down: "down"
    case .recovering(let episode): "recovering, \(episode.rounds.count) rounds"
    }
  }

  private static func text(_ directive: Directive) -> String {
    switch directive {
    case .askProbes(let ask):
      let whom = ask.voters.map(\.region).joined(separator: " ")
      return "ask \(ask.id.episode).\(ask.id.round) (\(ask.purpose.rawValue)) of \(whom)"
    case .recordVerdict(let record):
      let votes = record.ballots.map { ballot in
        "\(ballot.region)=\(ballot.uncounted?.rawValue ?? ballot.kind?.rawValue ?? "-")"
      }
      return "verdict \(record.verdict.rawValue) \(record.regions.joined(separator: " "))"
        + " of \(votes.joined(separator: " "))"
    case .openIncident(let severity, _): return "open incident \(severity.rawValue)"
    case .changeSeverity(let severity): return "severity \(severity.rawValue)"
    case .closeIncident(_, let reason): return "close incident: \(reason.rawValue)"
    case .tell(let notice):
      return "tell: \(notice.kind.rawValue) \(notice.verdict.rawValue), \(notice.urgency)"
    case .markIncident(let mark): return "mark the incident: \(mark.rawValue)"
    case .forgetVote(let region, _): return "forget the vote of \(region)"
    }
  }
}
