import AgentCore
import Model
import Probing
import Wire

/// Canaries: when `CanaryWatch` says so they are asked, and what they said goes out at once.
extension Shipper {
  /// Takes the assignment's canaries over, unless this agent's operator refuses them.
  func assignCanaries() {
    canaries.assign(configuration.asksCanaries ? table.canaries : [])
  }

  func tendCanaries(_ nowMs: Int64) {
    if canaries.expire(nowMs: nowMs) { tellCanaries() }
    if let question = canaries.next(nowMs: nowMs) {
      prober.ask(canaries: question.canaries, set: question.number)
    }
    guard !heldQuestions.isEmpty else { return }
    let held = heldQuestions
    heldQuestions = []
    for (question, sinceMs) in held { ask(question, sinceMs: sinceMs, nowMs: nowMs) }
  }

  /// A set has finished: the collector is to know before anything else is due.
  func tellCanaries() { schedule.alive = 0 }

  /// Probes a target for the collector, once nothing speaks against it.
  func ask(_ question: ProbeNow, sinceMs: Int64, nowMs: Int64) {
    let statistics = prober.statistics
    if heldQuestions.count < Self.mostHeldQuestions,
      canaries.holdsQuestions(
        failing: statistics.failingTargets, of: statistics.assigned, heldSinceMs: sinceMs,
        nowMs: nowMs)
    {
      heldQuestions.append((question, sinceMs))
    } else {
      prober.probeNow(
        question.id, target: question.target, deadlineMs: UInt32(clamping: question.deadlineMs))
    }
  }

  private static let mostHeldQuestions = 1_024
}
