import Model
import Wire

/// One observation that may move a vote: a change of outcome, or an answer inside an episode.
///
/// Becomes the region's row in `vote`, a `quorum_event` of kind `observation` with these fields as
/// its payload, and the monitor's wish to be looked at now; all in the transaction of its batch.
public struct Observation: Hashable, Sendable {
  public var monitorKey: Int64
  public var organizationID: Int32
  /// The region for which the agent stands.
  public var region: String
  public var epoch: Int32
  public var outcome: ResultOutcome
  /// ``Reason``'s number, or one of a later version.
  public var reason: Int16?
  public var curlCode: Int16?
  public var status: Int16?
  public var detail: String?
  /// The address that was asked.
  public var address: String?
  public var totalUs: Int32
  /// How long the phases took, in microseconds; `nil` where they were not measured.
  public var dnsUs: Int32?
  public var connectUs: Int32?
  public var tlsUs: Int32?
  public var firstByteUs: Int32?
  /// Collector time, in milliseconds since 1970.
  public var startedAtMs: Int64
  /// Agent time of the start, in milliseconds: ages are counted from it.
  public var observedMs: Int64
  /// The "probe now" that it answers.
  public var request: ProbeRequestID?

  public init(
    monitorKey: Int64, organizationID: Int32, region: String, epoch: Int32,
    outcome: ResultOutcome, totalUs: Int32, startedAtMs: Int64, observedMs: Int64
  ) {
    self.monitorKey = monitorKey
    self.organizationID = organizationID
    self.region = region
    self.epoch = epoch
    self.outcome = outcome
    self.totalUs = totalUs
    self.startedAtMs = startedAtMs
    self.observedMs = observedMs
  }
}
