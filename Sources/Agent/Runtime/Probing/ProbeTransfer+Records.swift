import AgentCore
import Curl
import Linux
import Model

/// What comes of a probe: its record, and the facts that this is judged by.
extension ProbeTransfer {
  /// The record of the probe, which has ended with its last request.
  func end(_ code: CurlCode, nowUs: Int64) -> ProbeRecord {
    guard let setup, let check else {
      return unasked("the probe was not set up", nowUs: nowUs)
    }
    endCode = code
    if code == .ok, stop == nil {
      // libcurl takes a connection that ends within a head for that head's end.
      if isWithinHead { stop = .headCutShort }
      if decoder?.isCutShort == true { stop = .bodyCutShort }
    }
    let timings = setup.handle.timings
    let facts = facts(hasRunOut ? .timedOut : hasArrived ? .ok : code, timings, setup)
    var outcome: Outcome
    switch check {
    case .http where fetch != nil:
      outcome = Judgement.tokenOutcome(of: facts, refusal: fetch?.refusal)
    case .grpc(let check):
      outcome = Judgement.outcome(of: facts, under: check, answer: grpc ?? GRPCAnswer())
    case .http(let check):
      outcome = Judgement.outcome(
        of: facts, under: check, content: matcher)
    case .tcp, .udp, .icmp, .dns, .tls, .websocket:
      return unasked("the probe was not set up", nowUs: nowUs)
    }
    if outcome.isUp, let conditions {
      let found = judge(conditionFacts(facts, timings, setup), by: conditions)
      // What is degraded by its limits stays so where the conditions find nothing worse.
      if found != .up { outcome = found }
    }
    if facts.trouble != nil { outcome = owningLackOfRoute(outcome, to: decidingAddress) }
    var record = ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(facts.totalUs),
      phases: timings.connect > 0 ? phases(timings) : nil, outcome: outcome,
      status: facts.status == 0 ? nil : facts.status, certificateDays: facts.certificateDays,
      request: request?.id)
    record.outcome = masked(outcome)
    if request != nil || outcome.failure != nil { record.address = decidingAddress }
    return record
  }

  /// The record of a probe that libcurl had no part in.
  func record(of answer: ProbeAnswer) -> ProbeRecord {
    self.answer = answer
    var outcome = answer.outcome
    if outcome.isUp, let conditions {
      let found = judge(answer.facts, by: conditions)
      if found != .up { outcome = found }
    }
    outcome = owningLackOfRoute(outcome, to: answer.address)
    var record = ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(answer.totalUs),
      phases: answer.phases, outcome: masked(outcome), status: answer.status,
      certificateDays: answer.certificateDays, request: request?.id)
    if request != nil || outcome.failure != nil { record.address = answer.address }
    return record
  }

  /// The record of a probe that did not ask, for a reason of the agent's own.
  func unasked(
    _ detail: String, _ reason: Reason = .agentFailed, nowUs: Int64
  ) -> ProbeRecord {
    ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(nowUs - startedUs),
      outcome: Judgement.couldNotAsk(detail, reason), request: request?.id)
  }

  private func facts(
    _ code: CurlCode, _ timings: TransferTimings, _ setup: ProbeSetup
  ) -> ProbeFacts {
    var facts = ProbeFacts(
      curlCode: UInt8(truncatingIfNeeded: min(code.rawValue, 255)),
      stage: Self.stage(timings, hasBegunTLS: setup.handle.hasBegunTLS),
      totalUs: hopOffsetUs + timings.total, limitMs: effectiveLimitMs, stop: stop,
      hasFollowedRedirects: redirects > 0)
    if fetch == nil { facts.status = UInt16(clamping: setup.handle.info(.status)) }
    if fetch == nil, showsCertificate(setup), let seconds = setup.handle.secondsOfCertificateLeft {
      facts.certificateDays = Int32(
        clamping: seconds >= 0 ? seconds / 86_400 : (seconds + 1) / 86_400 - 1)
    }
    guard code != .ok else {
      addDetails(to: &facts, code, setup)
      return facts
    }
    // libcurl has nothing to look up.
    if facts.stage == .start { facts.stage = .resolved }
    if code == .timedOut, isLimitedByDeadline { facts.stop = .deadline }
    if let refusal, !hasTriedAddress {
      facts.refusal = AddressRefusal(address: refusal.address.text, rule: refusal.rule)
    }
    let errno = socketErrno != 0 ? socketErrno : connectErrno(setup.handle)
    facts.trouble = ConnectionTrouble(errno: errno)
    let verification = setup.handle.info(.verifyResult)
    // 1 stands there from the start of a handshake until the chain has been looked at.
    if verification > 1 {
      facts.chainError = EasyHandle.verificationText(verification)
      facts.chainCode = verification
    }
    facts.wantsTLS = requestURL?.scheme == "https"
    addDetails(to: &facts, code, setup)
    return facts
  }

  static func stage(
    _ timings: TransferTimings, hasBegunTLS: Bool
  ) -> ProbeFacts.Stage {
    if timings.firstByte > 0 { return .answering }
    if timings.tls > 0 { return .encrypted }
    if timings.connect > 0 || hasBegunTLS { return .connected }
    return timings.nameLookup > 0 ? .resolved : .start
  }

  private func phases(_ timings: TransferTimings) -> Phases {
    let dns = Self.tenths(hopOffsetUs + timings.nameLookup)
    let connect = max(dns, Self.tenths(hopOffsetUs + timings.connect))
    let tls = max(connect, Self.tenths(hopOffsetUs + timings.tls))
    let firstByte = max(tls, Self.tenths(hopOffsetUs + timings.firstByte))
    return Phases(dns: dns, connect: connect, tls: tls, firstByte: firstByte)
  }

  static func tenths(_ us: Int64) -> UInt32 { UInt32(clamping: us / 100) }
}
