import Model
import Probing

/// What the link asks of the prober.
public protocol ProbeRunner: Sendable {
  func assign(_ targets: [AssignedTarget])
  func adjust(clockOffsetMs: Int64)
  func probeNow(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32)
  var statistics: ProberStatistics { get }
}

extension Prober: ProbeRunner {}
