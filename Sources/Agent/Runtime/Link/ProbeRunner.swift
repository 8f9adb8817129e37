import Model
import Probing

/// What the link asks of the prober.
public protocol ProbeRunner: Sendable {
  func assign(_ targets: [AssignedTarget])
  func adjust(clockOffsetMs: Int64)
  func probeNow(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32)
  func tryOut(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32)
  /// Asks canaries at once; each answer comes to the sink with its index and the set's number.
  func ask(canaries: [AssignedTarget], set: UInt64)
  var statistics: ProberStatistics { get }
}

extension Prober: ProbeRunner {}
