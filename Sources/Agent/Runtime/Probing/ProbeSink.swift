import AgentCore
import Model

/// A place in the table of probes that run, given out by a `ProbeSink` and handed back to it.
public struct InFlightIndex: RawRepresentable, Hashable, Sendable {
  public var rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }
}

/// Takes what the prober finds out. Called on the prober's thread, so it must not block.
public protocol ProbeSink: Sendable {
  /// A probe begins; called before anything is sent to its target.
  func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex
  /// What was seen of a probe by which the outcome of its slot changes; told right before its record.
  func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord)
  /// The same where the way to the target is being traced: that comes by `traceFound`, before the given
  /// moment of agent time or never.
  func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord, tracedByMs: Int64)
  /// The way to the target of such a probe, in lines; empty where nothing is known of it.
  func traceFound(_ trace: [UInt8], of record: ProbeRecord)
  /// A probe has ended. Every `probeStarted` is followed by one of these.
  func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex)
  /// A scheduled probe runs for much longer than its target's probes do; told once a probe.
  func probeOverdue(slot: UInt64, runningMs: UInt32)
  /// A "probe now" will have no record: there was no room for it, or the prober stops.
  func requestDropped(_ request: ProbeRequestID)
  /// A canary has answered, or failed to; nothing else is told of it.
  func canaryAnswered(set: UInt64, index: Int, passed: Bool)
  /// What came of a check that somebody tries; nothing else is told of it.
  ///
  /// - Parameter attempts: lines about what was tried, as evidence has them.
  func tried(_ request: ProbeRequestID, _ record: ProbeRecord, attempts: [UInt8])
}

extension ProbeSink {
  /// For a sink that wants records alone.
  public func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord) {}

  /// For a sink that does not wait for traces.
  public func evidenceFound(
    _ evidence: ProbeEvidence, of record: ProbeRecord, tracedByMs: Int64
  ) {
    evidenceFound(evidence, of: record)
  }

  /// For a sink that does not wait for traces.
  public func traceFound(_ trace: [UInt8], of record: ProbeRecord) {}

  /// For a sink whose prober is never asked for canaries.
  public func canaryAnswered(set: UInt64, index: Int, passed: Bool) {}

  /// For a sink whose prober is never asked to try a check.
  public func tried(_ request: ProbeRequestID, _ record: ProbeRecord, attempts: [UInt8]) {}
}
