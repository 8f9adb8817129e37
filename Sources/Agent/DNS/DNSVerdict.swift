import Model

/// What a dns check found.
public struct DNSVerdict: Hashable, Sendable {
  public var outcome: Outcome
  /// What each server that was asked for itself said, in order.
  public var facts: [DNSFacts]

  public init(outcome: Outcome, facts: [DNSFacts]) {
    self.outcome = outcome
    self.facts = facts
  }
}

/// What one lookup of a dns check brought, bounded, as text for evidence and conditions.
public struct DNSFacts: Hashable, Sendable {
  /// Answers that are listed at most.
  public static let listedAnswers = 32
  private static let mostAnswerBytes = 512

  /// Who was asked, as the check names it; several where they stand for each other.
  public var server: String
  /// Which address answered; `nil` where none did.
  public var answeredBy: String?
  /// The data of the records that were asked for, as in a master file.
  public var answers: [String]
  /// All of them, those that are not listed included.
  public var answerCount: Int
  /// The aliases that led there, as lines of a master file.
  public var aliases: [String]
  /// The response's code; `nil` without a response.
  public var responseCode: String?
  public var isAuthoritative: Bool
  public var isAuthenticData: Bool
  /// The least time to live of the records and aliases, in seconds.
  public var leastTTL: UInt32?
  /// Of the zone, from its SOA record.
  public var serial: UInt32?
  /// What the server added about an error (RFC 8914).
  public var extendedErrors: [String]
  public var transport: LookupTransport?
  /// Every question that was sent, a line each.
  public var attempts: [String]
  /// Messages that answered none of them.
  public var ignored: Int
  public var tookUs: Int64

  /// - Parameter server: as the check names it.
  public init(_ report: LookupReport, server: String) {
    self.server = server
    answeredBy = report.server.map { "\($0)" }
    answers = report.records.prefix(Self.listedAnswers).map {
      PresentationText.excerpt("\($0.data)", limit: Self.mostAnswerBytes)
    }
    answerCount = report.records.count
    aliases = report.aliases.map { "\($0)" }
    responseCode = report.response.map { "\($0.responseCode)" }
    isAuthoritative = report.response?.flags.contains(.authoritative) ?? false
    isAuthenticData = report.response?.flags.contains(.authenticData) ?? false
    leastTTL = report.leastTTL
    serial =
      report.records.lazy.compactMap {
        if case .startOfAuthority(let start) = $0.data { start.serial } else { nil }
      }.first
    extendedErrors = report.response?.extended?.extendedErrors ?? []
    transport = report.transport
    attempts = report.attempts.map { "\($0)" }
    ignored = report.ignored
    tookUs = report.tookUs
  }
}
