import AgentCore
import Conditions
import Model

/// What a probe found that libcurl had no part in.
struct ProbeAnswer {
  /// What is known before conditions are looked at.
  var outcome: Outcome
  /// The whole probe, in microseconds.
  var totalUs: Int64
  var phases: Phases?
  var status: UInt16?
  /// Which was connected to, or tried last.
  var address: IPAddress?
  var certificateDays: Int32?
  var facts: ConditionFacts
  /// What was seen, for the case that the outcome is to be proved.
  var evidence = ProbeEvidence()

  init(_ kind: ProbeKind, outcome: Outcome, totalUs: Int64) {
    self.outcome = outcome
    self.totalUs = totalUs
    facts = ConditionFacts(kind: kind)
    facts.responseTimeMs = totalUs / 1_000
  }
}

extension ProbeEvidence {
  /// Appends lines about what was tried, as far as there is room.
  mutating func add(attempts lines: [String]) {
    for line in lines where attempts.count + line.utf8.count < Self.attemptsLimit {
      attempts += Array(line.utf8) + [10]
    }
  }

  /// Appends lines about names, as far as there is room.
  mutating func add(resolver lines: [String]) {
    for line in lines where resolver.count + line.utf8.count < Self.resolverLimit {
      resolver += Array(line.utf8) + [10]
    }
  }

  /// Appends a line about a certificate, as far as there is room.
  mutating func add(certificate line: String) {
    guard certificateChain.count + line.utf8.count < Self.attemptsLimit else { return }
    certificateChain += Array(line.utf8) + [10]
  }

  /// Appends text to the body's excerpt, as far as there is room.
  mutating func add(body text: String) {
    guard bodyExcerpt.count + text.utf8.count <= Self.bodyLimit else { return }
    bodyExcerpt += Array(text.utf8)
  }
}
