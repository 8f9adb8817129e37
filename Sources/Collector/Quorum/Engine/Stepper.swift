import Model

/// One step at work: the state being changed, what may be read, and what is to be done.
struct Stepper {
  var state: MonitorState
  let at: Int64
  let panel: Panel
  let paceMs: Int64?
  let change: Event.Change
  let tempo = Tempo.standard
  var directives: [Directive] = []
  private var wakeAt: Int64?

  init(state: consuming MonitorState, event: Event) {
    state.follow(clock: event.at)
    at = max(event.at, state.steppedAt)
    state.steppedAt = at
    self.state = state
    panel = event.panel
    paceMs = event.paceMs
    change = event.change
  }

  mutating func run() -> Step {
    take(change)
    guard let settings = state.settings else { return finish() }
    guard settings.active else {
      withdraw()
      dismiss()
      return finish()
    }
    reseat(settings)
    askAfterMaintenance(settings)
    // Each pass moves the stage at most once; the bound only guards against a rule that contradicts
    // another.
    var moves = 0
    repeat {
      wakeAt = nil
      moves += 1
    } while advance(settings) && moves < 8
    if moves == 8 { wake(at: at &+ tempo.confirmAfterMs) }
    introduce(settings)
    attend(settings)
    return finish()
  }

  /// Lets the present stage decide; true if it moved to another or asked a round.
  private mutating func advance(_ settings: Settings) -> Bool {
    switch state.stage {
    case .settled: advanceSettled(settings)
    case .suspect(let episode): advanceSuspect(episode, settings)
    case .down(let outage): advanceDown(outage, settings)
    case .recovering(let episode): advanceRecovering(episode, settings)
    }
  }

  private func finish() -> Step { Step(directives: directives, wakeAt: wakeAt) }

  /// Looks again at `moment` (collector time, ms) or before.
  mutating func wake(at moment: Int64) { wakeAt = min(wakeAt ?? moment, moment) }

  /// Forgets everything but who the monitor is: it is paused or deleted.
  private mutating func withdraw() {
    if state.incident != nil {
      directives.append(.closeIncident(endedAt: at, reason: .withdrawn))
      state.incident = nil
    }
    state.verdict = nil
    state.stage = .settled
    state.votes = []
    state.seats = []
    state.listed = []
    state.askedAt = nil
    state.blindSince = nil
    state.slowness = nil
    state.watch = nil
    state.damping = nil
    if state.maintenance?.isEnding == true { state.maintenance = nil }
    wakeAt = nil
  }
}
