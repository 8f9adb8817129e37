import AgentCore
import Dialogue
import Model
import Resolving

/// The two halves of the probes of one target that is asked over both families, side by side.
///
/// Each half is a transfer of its own, which resolves, waits for room and connects as every other; the
/// schedule, the sink and the statistics know the whole alone. A half has no place in the schedule, and
/// what was seen of it is kept until both have ended.
final class ProbePair {
  let ipv4: ProbeTransfer
  let ipv6: ProbeTransfer
  private var records: [BothFamilies.Half: ProbeRecord] = [:]
  private var findings: BothFamilies?

  /// `nil` for a target that is asked once.
  static func of(_ whole: ProbeTransfer) -> ProbePair? {
    guard case .check(let check) = whole.target.question, check.family == .both, check.kind != .dns
    else { return nil }
    return ProbePair(whole, check)
  }

  private init(_ whole: ProbeTransfer, _ check: Check) {
    func half(_ half: BothFamilies.Half) -> ProbeTransfer {
      var target = whole.target
      target.question = .check(check.over(half.family))
      return ProbeTransfer(
        target, entry: -1, rules: whole.rules, captures: whole.captures, request: whole.request,
        whole: whole)
    }
    ipv4 = half(.ipv4)
    ipv6 = half(.ipv6)
  }

  var halves: [ProbeTransfer] { [ipv4, ipv6] }

  /// Another probe begins.
  func begin() {
    records = [:]
    findings = nil
  }

  /// A half has ended.
  ///
  /// - Returns: the whole probe's record, where the other half has ended as well.
  func ended(_ half: ProbeTransfer, with record: ProbeRecord) -> ProbeRecord? {
    records[half === ipv4 ? .ipv4 : .ipv6] = record
    guard let first = records[.ipv4], let second = records[.ipv6] else { return nil }
    let findings = BothFamilies(ipv4: first, ipv6: second)
    self.findings = findings
    return findings.record
  }

  /// What was seen of the half that decides, behind a line about each half.
  func evidence() -> ProbeEvidence {
    guard let findings else { return ProbeEvidence() }
    let seen: [BothFamilies.Half: ProbeEvidence] = [
      .ipv4: ipv4.evidence(), .ipv6: ipv6.evidence(),
    ]
    var evidence = seen[findings.decisive] ?? ProbeEvidence()
    let attempts = evidence.attempts.split(separator: 10)
    evidence.attempts = []
    evidence.add(
      attempts: BothFamilies.Half.allCases.map { half in
        findings.line(
          of: half, address: String(decoding: seen[half]?.address ?? [], as: UTF8.self))
      })
    for line in attempts
    where evidence.attempts.count + line.count < ProbeEvidence.attemptsLimit {
      evidence.attempts += line + [10]
    }
    return evidence
  }

  /// The way that is traced where it may be to blame: to what the half asked that decides.
  var tracePlan: TracePlan? {
    switch findings?.decisive {
    case .ipv4: ipv4.tracePlan
    case .ipv6: ipv6.tracePlan
    case nil: nil
    }
  }

  /// Takes over the idle handles of another pair with the same question.
  func take(from other: ProbePair) {
    ipv4.take(from: other.ipv4)
    ipv6.take(from: other.ipv6)
  }

  /// Frees what idle halves can make anew.
  func dropHandles() {
    for half in halves { half.dropHandle() }
  }

  /// The probe is over, and nothing more is asked about it.
  func rest() {
    for half in halves { half.rest() }
  }
}

extension ProbeTransfer {
  /// Tells a host that has no way to addresses of the family that it is to use from a network that has
  /// none to the target: the first is the agent's own lack.
  ///
  /// Where any address would do, the kernel's word is left as it is. It speaks of the network, or, where
  /// IPv6 is turned off, of an address of this host's own that can't be had.
  func owningLackOfRoute(_ outcome: Outcome, to address: IPAddress?) -> Outcome {
    guard case .failed(let failure) = outcome,
      failure.reason == .netUnreachable || failure.reason == .agentFailed, let address,
      wantedFamily == .ipv4 || wantedFamily == .ipv6, SourceAddress.of(address) == nil
    else { return outcome }
    return Judgement.couldNotAsk("the agent's host has no way to \(address)", .agentNoRoute)
  }
}
