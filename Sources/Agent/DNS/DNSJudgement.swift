import Model

/// What the answers to a dns check mean.
public enum DNSJudgement {
  /// The answer of one server, or of several that stand for each other.
  public struct Answer: Hashable, Sendable {
    /// As the check names it.
    public var server: String
    public var report: LookupReport

    public init(server: String, report: LookupReport) {
      self.server = server
      self.report = report
    }
  }

  /// The most that a failure's detail carries, in bytes.
  private static let mostDetailBytes = 240

  /// Judges all answers to a question. The first that is not good decides; the agent's own trouble with
  /// one server only where no other gave a bad answer.
  public static func verdict(of answers: [Answer], under question: DNSQuestion) -> DNSVerdict {
    let isSystem = question.servers == .system
    let complaints = answers.compactMap { answer in
      complaint(about: answer.report, under: question.expectation).map { (answer.server, $0) }
    }
    let facts = answers.map { DNSFacts($0.report, server: $0.server) }
    let chosen =
      complaints.first { $0.1.reason(ofSystem: isSystem).failureClass != .agent }
      ?? complaints.first
    if let (server, complaint) = chosen {
      let text = answers.count > 1 ? "\(server): \(complaint)" : "\(complaint)"
      return failed(complaint, text, isSystem, facts)
    }
    if question.expectation.serialsAgree {
      let serials = facts.map { "\($0.serial.map { "\($0)" } ?? "none") at \($0.server)" }
      if Set(facts.map(\.serial)).count > 1 {
        let complaint = DNSComplaint.serialsDiffer(serials)
        return failed(complaint, "\(complaint)", isSystem, facts)
      }
    }
    return DNSVerdict(outcome: .up, facts: facts)
  }

  /// The verdict where the system's servers named no server of the zone that could be asked.
  static func withoutServers(_ report: LookupReport) -> DNSVerdict {
    let server = "the name servers of \(report.name)"
    let complaint = DNSComplaint.lookup(report.failure ?? .noData)
    return failed(complaint, "\(server): \(complaint)", true, [DNSFacts(report, server: server)])
  }

  private static func failed(
    _ complaint: DNSComplaint, _ text: String, _ isSystem: Bool, _ facts: [DNSFacts]
  ) -> DNSVerdict {
    DNSVerdict(
      outcome: .failed(
        Failure(
          complaint.reason(ofSystem: isSystem),
          detail: PresentationText.excerpt(text, limit: mostDetailBytes))), facts: facts)
  }

  /// What is wrong with one answer; `nil` where it is good.
  public static func complaint(
    about report: LookupReport, under expectation: DNSExpectation
  ) -> DNSComplaint? {
    // Without a response that ends the lookup there is no code to judge.
    guard let response = report.response, isFinal(report.failure) else {
      return .lookup(report.failure ?? .timeout)
    }
    let code = response.responseCode
    guard expectation.responseCodes.contains(code) else {
      return .responseCode(code, expected: expectation.responseCodes)
    }
    if expectation.needsAuthority, !response.flags.contains(.authoritative) {
      return .notAuthoritative
    }
    if expectation.needsAuthenticData, !response.flags.contains(.authenticData) {
      return .notAuthenticData
    }
    guard code == .noError else { return nil }
    if let failure = report.failure, failure != .noData { return .lookup(failure) }
    if let complaint = complaint(about: report.records, report.type, expectation.answers) {
      return complaint
    }
    if let range = expectation.ttl {
      for record in report.records where !range.contains(record.ttl) {
        return .ttl(record.ttl, expected: range)
      }
    }
    return nil
  }

  /// Whether a failure is what a server answered, rather than what kept it from answering.
  private static func isFinal(_ failure: LookupFailure?) -> Bool {
    switch failure {
    case nil, .noSuchName, .noData, .serverFailure, .refused, .code, .referral, .loop: true
    case .timeout, .spoofed, .malformed, .truncated, .unreachable, .unknownServer, .noListener,
      .closed, .badName, .own, .overload, .noServer, .forbidden, .stray, .channel:
      false
    }
  }

  private static func complaint(
    about records: [ResourceRecord], _ type: RecordType, _ expected: DNSExpectation.Answers
  ) -> DNSComplaint? {
    func isThere(_ answer: ExpectedAnswer) -> Bool {
      records.contains { answer.matches($0.data, type) }
    }
    switch expected {
    case .none: return records.first.map { .unexpectedRecord("\($0.data)") }
    case .some: return records.isEmpty ? .lookup(.noData) : nil
    case .any(let answers):
      if records.isEmpty { return .lookup(.noData) }
      return answers.contains(where: isThere) ? nil : .missingAll(answers.map(\.text))
    case .all(let answers), .exactly(let answers):
      if records.isEmpty, !answers.isEmpty { return .lookup(.noData) }
      if let missing = answers.first(where: { !isThere($0) }) { return .missing(missing.text) }
      guard case .exactly = expected else { return nil }
      let other = records.first { record in
        !answers.contains { $0.matches(record.data, type) }
      }
      return other.map { .other("\($0.data)") }
    }
  }
}
