// Whom to tell what, from what stands and what was told: decided last in every step.
extension Stepper {
  /// Says what is to be said now, and wakes for what is to be said later.
  mutating func attend(_ settings: Settings) {
    endMaintenance()
    relaxDamping(settings)
    guard let subject else {
      dismiss()
      return
    }
    if let known = state.attention, Self.isOver(known.verdict, by: subject.verdict) { dismiss() }
    let known = state.attention
    let isSame = known?.verdict == subject.verdict && known?.domain == subject.domain
    var attention = Attention(
      verdict: subject.verdict, domain: subject.domain,
      since: isSame ? known?.since ?? at : at, told: known?.told ?? .none)
    let urgency = urgency(of: attention, settings)
    if state.maintenance == nil, !isDamped(&attention, urgency) {
      if urgency > attention.told {
        tell(attention.told == .none ? .began : .worsened, urgency, attention)
        attention.told = urgency
      } else if !isSame, attention.told > .none, urgency > .none,
        known?.verdict != attention.verdict || attention.domain != nil
      {
        // Fewer of a provider's regions failing is no news.
        tell(.changed, min(urgency, .notify), attention)
      }
    }
    state.attention = attention
  }

  /// Whether another matter begins: not seeing the target is another than the target, and being slow
  /// once more is the end of an incident.
  private static func isOver(_ known: Verdict, by present: Verdict) -> Bool {
    (known == .unknown) != (present == .unknown) || known != .degraded && present == .degraded
  }

  /// What people might be told about: the open incident, or being degraded.
  private var subject: (verdict: Verdict, domain: String?)? {
    switch state.incident {
    case .down: (.down, nil)
    case .partial: (.partial, nil)
    case .regional: (.regional, state.verdict?.domain)
    case .unknown: (.unknown, nil)
    case nil: state.verdict?.verdict == .degraded ? (.degraded, nil) : nil
    }
  }

  /// The policy's choice; a provider that fails for minutes pages where REGIONAL is told at all.
  private mutating func urgency(of attention: Attention, _ settings: Settings) -> Urgency {
    let chosen = settings.policy.urgencies[attention.verdict]
    guard attention.domain != nil, chosen > .none, chosen < .page else { return chosen }
    let due = attention.since &+ tempo.providerPagesMs
    guard at < due else { return .page }
    wake(at: due)
    return chosen
  }

  /// Whether nothing is to be said of it since the monitor flaps; says that it does, once.
  private mutating func isDamped(_ attention: inout Attention, _ urgency: Urgency) -> Bool {
    guard var damping = state.damping, damping.isSuppressing, attention.verdict != .unknown else {
      return false
    }
    let due = attention.since &+ tempo.breakThroughMs
    if at >= due { return false }
    wake(at: due)
    if !damping.isTold, urgency > .none {
      damping.isTold = true
      state.damping = damping
      tell(.flapping, urgency, attention)
    }
    return true
  }

  private mutating func relaxDamping(_ settings: Settings) {
    guard var damping = state.damping else { return }
    if damping.relax(at: at), damping.isTold {
      damping.isTold = false
      directives.append(
        .tell(
          Notice(
            kind: .steady, urgency: min(.notify, settings.policy.urgencies.down),
            verdict: state.verdict?.verdict ?? .unknown, domain: state.verdict?.domain, at: at)))
    }
    state.damping = damping.isForgotten(at: at) ? nil : damping
    if let moment = damping.relaxesAt { wake(at: moment) }
  }

  /// What people were told of is over.
  mutating func dismiss() {
    if let attention = state.attention, attention.told > .none {
      directives.append(
        .tell(
          Notice(
            kind: .ended, urgency: min(attention.told, .notify), verdict: attention.verdict,
            domain: attention.domain, at: endOfIncident ?? at)))
    }
    state.attention = nil
  }

  /// The end of the incident that this step closes, collector time (ms).
  private var endOfIncident: Int64? {
    for case .closeIncident(let endedAt, _) in directives.reversed() { return endedAt }
    return nil
  }

  private mutating func tell(_ kind: Notice.Kind, _ urgency: Urgency, _ attention: Attention) {
    directives.append(
      .tell(
        Notice(
          kind: kind, urgency: urgency, verdict: attention.verdict, domain: attention.domain,
          at: state.verdict?.startedAt ?? at)))
  }
}
