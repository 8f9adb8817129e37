import Model

/// What is wrong with an answer to a dns check.
public enum DNSComplaint: Hashable, Sendable {
  /// The lookup itself brought nothing that could be judged.
  case lookup(LookupFailure)
  /// Another response code than those that are good.
  case responseCode(ResponseCode, expected: [ResponseCode])
  case notAuthoritative
  case notAuthenticData
  /// There is a record where none is to be.
  case unexpectedRecord(String)
  case missing(String)
  /// None of several.
  case missingAll([String])
  /// One that is not among those that are expected.
  case other(String)
  case ttl(UInt32, expected: ClosedRange<UInt32>)
  case serialsDiffer([String])

  /// What is told of it. The system's name servers belong to the agent's surroundings, so that a way
  /// to them that is closed says less than one to a server that the check names.
  func reason(ofSystem isSystem: Bool) -> Reason {
    switch self {
    case .lookup(let failure): isSystem ? failure.reason : Self.reason(of: failure)
    case .responseCode(.noSuchName, _): .dnsNoSuchName
    case .responseCode(.serverFailure, _): .dnsServerFailure
    case .responseCode(.refused, _): .dnsRefused
    case .responseCode: .dnsStatus
    case .notAuthoritative, .notAuthenticData, .unexpectedRecord, .missing, .missingAll, .other,
      .ttl, .serialsDiffer:
      .assertDNS
    }
  }

  private static func reason(of failure: LookupFailure) -> Reason {
    switch failure {
    case .unreachable: .netUnreachable
    case .noListener: .tcpRefused
    case .closed: .tcpClosed
    case .code: .dnsStatus
    default: failure.reason
    }
  }
}

extension DNSComplaint: CustomStringConvertible {
  /// For a person, a clause without a dot.
  public var description: String {
    switch self {
    case .lookup(let failure): "\(failure)"
    case .responseCode(let code, let expected):
      "the response code is \(code), where \(expected.map { "\($0)" }.joined(separator: ", ")) "
        + "is expected"
    case .notAuthoritative: "the server does not answer with authority (no AA bit)"
    case .notAuthenticData: "the answer is not verified by DNSSEC (no AD bit)"
    case .unexpectedRecord(let text): "there is \(Self.quote(text)), where no record is expected"
    case .missing(let text): "\(Self.quote(text)) is not among the answers"
    case .missingAll(let texts):
      "none of \(texts.prefix(3).map(Self.quote).joined(separator: ", "))"
        + "\(texts.count > 3 ? " and \(texts.count - 3) more" : "") is among the answers"
    case .other(let text): "\(Self.quote(text)) is among the answers and not expected"
    case .ttl(let seconds, let expected):
      "the time to live is \(seconds) s, where \(expected.lowerBound) to "
        + "\(expected.upperBound) s are expected"
    case .serialsDiffer(let serials):
      "the name servers have different serials: \(serials.prefix(4).joined(separator: ", "))"
    }
  }

  private static func quote(_ text: String) -> String {
    "\"\(PresentationText.excerpt(text, limit: 60))\""
  }
}
