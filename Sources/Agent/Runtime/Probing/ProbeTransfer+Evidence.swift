import AgentCore
import Curl
import DNS
import Dialogue
import Model
import OpenSSL

/// What is kept of a probe in case its outcome is to be proved, and what is made of it then.
extension ProbeTransfer {
  /// What was seen of the probe that has just ended with a record. Call it before `rest`.
  func evidence() -> ProbeEvidence {
    if let pair { return pair.evidence() }
    if let answer {
      var evidence = answer.evidence
      let secrets = knownSecrets
      guard !secrets.isEmpty else { return evidence }
      evidence.bodyExcerpt = SecretMask.masking(secrets, in: evidence.bodyExcerpt, mayBeCut: true)
      evidence.attempts = SecretMask.masking(secrets, in: evidence.attempts)
      evidence.headers = SecretMask.masking(secrets, in: evidence.headers, mayBeCut: true)
      evidence.presence = SecretMask.masking(secrets, in: evidence.presence, mayBeCut: true)
      return evidence
    }
    var evidence = ProbeEvidence()
    tellNames(in: &evidence)
    guard let handle else { return evidence }
    let secrets = knownSecrets
    if let setup, fetch == nil, showsCertificate(setup), let chain = handle.certificateChain {
      evidence.certificateChain = Self.text(of: chain)
    }
    let ended = endedAttempts(handle)
    if let address = ended.decisive { evidence.address = Array(address.words.utf8) }
    var lines = ended.isWorthTelling ? ended.lines : []
    if let capture {
      let head = HeadExcerpt(capture.head, isCut: capture.isHeadCut)
      evidence.presence = head.presence
      evidence.headers = SecretMask.masking(
        secrets, in: head.headers, mayBeCut: capture.isHeadCut)
      evidence.presence = SecretMask.masking(
        secrets, in: evidence.presence, mayBeCut: capture.isHeadCut)
      evidence.bodyExcerpt = SecretMask.masking(
        secrets, in: Array(capture.body), mayBeCut: true, limit: ProbeEvidence.bodyLimit)
      SecretMask.append(capture.trail, to: &evidence.attempts)
      evidence.attempts = SecretMask.masking(secrets, in: evidence.attempts)
      if capture.isTrailCut { lines.insert("more was left out here", at: 0) }
    }
    evidence.attempts.removeLast(max(0, evidence.attempts.count - ProbeEvidence.attemptsLimit))
    for line in lines where evidence.attempts.count + line.utf8.count < ProbeEvidence.attemptsLimit
    {
      evidence.attempts += Array(line.utf8) + [10]
    }
    return evidence
  }

  /// What is known of the certificates, in lines.
  private static func text(of chain: CertificateChain) -> [UInt8] {
    var result: [UInt8] = []
    for certificate in chain.certificates {
      var lines = ["subject: \(certificate.subject)", "issuer: \(certificate.issuer)"]
      if !certificate.names.isEmpty {
        lines.append("names: \(certificate.names.joined(separator: ", "))")
      }
      let digest = certificate.digest.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
      lines += [
        "serial: \(certificate.serial)",
        "valid: \(certificate.validFrom) \(certificate.validUntil)", "sha256: \(digest)",
      ]
      // A peer chose the texts: no line of theirs may look like another.
      let bytes =
        lines.map { line in line.utf8.map { $0 < 0x20 ? 0x20 : $0 } + [10] }
        .joined() + [10]
      guard result.count + bytes.count <= ProbeEvidence.chainLimit else { break }
      result += bytes
    }
    return result
  }

  /// What was found out about the names that its requests went to.
  func tellNames(in evidence: inout ProbeEvidence) {
    for lookup in lookups { evidence.add(resolver: lookup.lines) }
  }

  /// The way that is traced where it may be to blame: to the address that was connected to, or tried
  /// last. `nil` where none was.
  var tracePlan: TracePlan? {
    if let pair { return pair.tracePlan }
    if let answer {
      return answer.address.map { TracePlan(address: $0, means: traceMeans) }
    }
    guard let handle, let decisive = endedAttempts(handle).decisive, let address = decisive.ip,
      let port = decisive.port
    else { return nil }
    return TracePlan(address: address, means: .tcp(port: port))
  }

  /// The address that was connected to, or tried last.
  var decidingAddress: IPAddress? {
    if let only = attempts.only { return only.ip }
    return handle.flatMap { endedAttempts($0).decisive?.ip }
  }

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
    pair?.rest()
    if let setup {
      // The options that a redirect changed are not changed back one by one; and libcurl keeps the errno
      // of an attempt that failed for ever, and would tell it of another probe.
      if isHandleAltered || fetch != nil || connectErrno(setup.handle) != 0 {
        dropHandle()
      } else if setup.shape != nil {
        captures.handles.give(setup)
        self.setup = nil
      }
    }
    restConditions()
    forgetNames()
    fetch = nil
    usedToken = nil
    guard let capture else { return }
    captures.takeBack(capture)
    self.capture = nil
  }
}
