import Model
import OpenSSL
import Signing
import Wire

/// What a live connection keeps: the session's values, and the keys' contexts, which belong to the
/// event loop.
final class LiveLink {
  var session: LiveSession
  var intake: ResultsIntake
  let sealer: FrameSealer
  let opener: FrameOpener
  private var codes: [UInt32: BatchCode] = [:]
  /// What waits for the store beside results.
  var errands = Errands()
  /// "Probe now" that was sent and not answered; bounded.
  var openProbes: Set<ProbeRequestID> = []
  /// Checks that are tried, sent and not answered; bounded.
  var openTries: Set<ProbeRequestID> = []
  /// Whether a later look for questions is planned.
  var looksForProbes = false
  /// Slots that were told to be overdue, and when (monotonic ms); bounded by the assignment.
  var overdue: [UInt64: Int64] = [:]

  init(
    session: LiveSession, intake: ResultsIntake, keys: SessionKeys
  ) throws(OpenSSLError) {
    self.session = session
    self.intake = intake
    sealer = try FrameSealer(key: keys.collectorToAgent)
    opener = try FrameOpener(key: keys.agentToCollector)
  }

  /// What checks the batches that were signed under a root.
  func code(_ root: KnownAgent.Root) throws(OpenSSLError) -> BatchCode {
    if let code = codes[root.keyID] { return code }
    let code = try BatchCode(keys: AgentKeys(root: root.bytes))
    codes[root.keyID] = code
    return code
  }
}
