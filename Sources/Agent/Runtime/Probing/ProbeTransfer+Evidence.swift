import AgentCore
import Curl
import Model

/// What is kept of a probe in case its outcome is to be proved, and what is made of it then.
extension ProbeTransfer {
  /// What was seen of the probe that has just ended with a record. Call it before `rest`.
  func evidence() -> ProbeEvidence {
    if let answer { return answer.evidence }
    var evidence = ProbeEvidence()
    evidence.add(attempts: lookupLines)
    guard let handle else { return evidence }
    let ended = endedAttempts(handle)
    if let address = ended.decisive { evidence.address = Array(address.words.utf8) }
    var lines = ended.isWorthTelling ? ended.lines : []
    if let capture {
      let head = HeadExcerpt(capture.head, isCut: capture.isHeadCut)
      evidence.presence = head.presence
      evidence.headers = head.headers
      evidence.bodyExcerpt = Array(capture.body)
      SecretMask.append(capture.trail, to: &evidence.attempts)
      if capture.isTrailCut { lines.insert("more was left out here", at: 0) }
    }
    evidence.attempts.removeLast(max(0, evidence.attempts.count - ProbeEvidence.attemptsLimit))
    for line in lines where evidence.attempts.count + line.utf8.count < ProbeEvidence.attemptsLimit
    {
      evidence.attempts += Array(line.utf8) + [10]
    }
    return evidence
  }

  /// The address that was connected to, or tried last.
  var decidingAddress: IPAddress? { handle.flatMap { endedAttempts($0).decisive?.ip } }

  private static let couldNotConnect = CurlCode(rawValue: 7)

  private func endedAttempts(_ handle: EasyHandle) -> ConnectAttempts.Ended {
    attempts.ended(
      reached: handle.timings.connect > 0 ? handle.info(.peerAddress) ?? "" : nil,
      errno: endCode == Self.couldNotConnect ? connectErrno(handle) : nil)
  }

  func connectErrno(_ handle: EasyHandle) -> Int32 {
    Int32(truncatingIfNeeded: handle.info(.connectErrno))
  }

  /// The probe was redirected: its next request begins.
  func noteRedirect(_ status: Int, to next: CurlURL, _ handle: EasyHandle) {
    if let capture {
      if attempts.areSeveral {
        for line in endedAttempts(handle).lines { capture.take(trailLine: line) }
      }
      capture.take(redirect: status, to: next.text)
      capture.beginRequest()
    }
    attempts.clear()
  }

  /// The probe is over, and nothing more is asked about it.
  func rest() {
    // The options that a redirect changed are not changed back one by one.
    if redirectedTo != nil { dropHandle() }
    restConditions()
    guard let capture else { return }
    captures.takeBack(capture)
    self.capture = nil
  }
}
