import AgentCore
import Linux

/// The prober's gate for names, and what feeds it. It belongs to the prober's thread.
final class Lookups {
  var gate: LookupGate
  private let threads = try? ThreadCount()

  init(limit: Int) {
    gate = LookupGate(limit: limit)
  }

  /// Why a name was not looked up when there was no room.
  var refusal: String {
    "the name was not looked up: \(gate.active + gate.leftCount) lookups that have no answer are out"
  }

  /// Looks how many of the lookups that were left behind may still be out.
  func count(nowUs: Int64) {
    guard gate.leftCount > 0 else { return }
    gate.note(threads: threads?.now, nowUs: nowUs)
  }
}
