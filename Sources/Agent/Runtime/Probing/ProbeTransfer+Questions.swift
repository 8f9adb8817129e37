import AgentCore
import Conditions
import DNS
import Model
import Resolving

/// What the target is asked, and dns checks, which end with what name servers say.
extension ProbeTransfer {
  /// What the target is asked; `nil` where that was not understood.
  var check: Check? {
    switch target.question {
    case .check(let check): check
    case .canary(let check): .tcp(check)
    case .notUnderstood: nil
    }
  }

  /// Which addresses it may use.
  var wantedFamily: AddressFamily { check?.family ?? .any }

  func question(_ check: DNSCheck) throws(ProbeSetup.Unusable) -> DNSQuestion {
    try prepareConditions(.dns(check))
    do {
      return try DNSQuestion(check)
    } catch {
      throw ProbeSetup.Unusable(reason: "the check's \(error.member) \(error.detail)")
    }
  }

  /// The record of a dns check.
  func judged(_ verdict: DNSVerdict, nowUs: Int64) -> ProbeRecord {
    let totalUs = nowUs - startedUs
    var answer = ProbeAnswer(.dns, outcome: verdict.outcome, totalUs: totalUs)
    if case .failed(let failure) = verdict.outcome, isLimitedByDeadline,
      failure.reason == .dnsTimeout || failure.failureClass == .timeout
    {
      answer.outcome = Judgement.couldNotAsk(
        "the request's deadline of \(effectiveLimitMs) ms passed before the check's own limit",
        .agentDeadline)
    }
    if answer.outcome.isUp, let slow = slowness(totalUs) { answer.outcome = .degraded(slow) }
    let decisive = verdict.facts.first { $0.answeredBy != nil } ?? verdict.facts.first
    answer.address = decisive?.answeredBy.flatMap { DNSQuestion.NameServer(text: $0) }.flatMap {
      IPAddress(text: $0.host)
    }
    answer.facts.isConnected = verdict.facts.contains { $0.responseCode != nil }
    answer.facts.dnsTimeMs = totalUs / 1_000
    if let decisive {
      var dns = ConditionFacts.DNS()
      dns.code = decisive.responseCode
      dns.answers = decisive.answers
      dns.ttl = decisive.leastTTL.map { Int64($0) }
      dns.isAuthenticated = decisive.isAuthenticData
      dns.isAuthoritative = decisive.isAuthoritative
      for serial in verdict.facts.compactMap(\.serial) where !dns.serials.contains("\(serial)") {
        dns.serials.append("\(serial)")
      }
      answer.facts.dns = dns
    }
    for facts in verdict.facts {
      answer.evidence.add(attempts: facts.attempts)
      if let code = facts.responseCode {
        answer.evidence.add(
          body: "\(facts.server): \(code)\(facts.isAuthoritative ? " aa" : "")"
            + "\(facts.isAuthenticData ? " ad" : "")\n")
      }
      for line in facts.aliases + facts.answers + facts.extendedErrors {
        answer.evidence.add(body: "  \(line)\n")
      }
    }
    return record(of: answer)
  }

  /// Slower than the check wishes; `nil` where it is not.
  func slowness(_ totalUs: Int64) -> Failure? {
    guard let limitMs = check?.common.degradedAboveMs else { return nil }
    return Judgement.slowness(totalUs: totalUs, limitMs: limitMs)
  }
}
