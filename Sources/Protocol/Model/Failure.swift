/// Why a probe did not find its target up, as a class that decides how the failure may count.
public enum FailureClass: UInt8, Sendable, CaseIterable {
  /// The name did not resolve.
  case dns = 1
  /// The whole check took longer than its limit.
  case timeout = 2
  /// The target refused or reset the connection.
  case connect = 3
  /// The TLS handshake or the certificate failed.
  case tls = 4
  /// The answer was not of the protocol that was asked for.
  case `protocol` = 5
  /// The answer's status is outside the ranges that the check allows.
  case status = 6
  /// The answer's content lacks what it should have, or has what it should lack.
  case content = 7
  /// The agent could not ask: its own trouble or its own refusal, never the target's outage.
  case agent = 8
  /// No route, or the network was down on the way.
  case unreachable = 9

  /// How a failure of this class counts in a quorum.
  public var standing: FailureStanding {
    switch self {
    case .dns, .timeout, .unreachable: .ambiguous
    case .connect, .tls, .protocol, .status, .content: .attributable
    case .agent: .unknown
    }
  }
}

/// How far a failure says something about the target.
public enum FailureStanding: Sendable {
  /// The target itself answered, wrongly.
  case attributable
  /// The path or the agent's surroundings could be the cause as well.
  case ambiguous
  /// Nothing was learned about the target.
  case unknown
}

/// What a probe that did not find its target up has to say.
public struct Failure: Hashable, Sendable {
  public var reason: Reason
  /// libcurl's `CURLcode`, 0 where libcurl was not used or is content with the transfer.
  public var curlCode: UInt8
  /// A few words for a person; at most 255 bytes of UTF-8 are carried.
  public var detail: String

  public init(_ reason: Reason, curlCode: UInt8 = 0, detail: String) {
    self.reason = reason
    self.curlCode = curlCode
    self.detail = detail
  }

  /// A failure of which no more is known than its class.
  public init(_ failureClass: FailureClass, curlCode: UInt8 = 0, detail: String) {
    self.init(.general(of: failureClass), curlCode: curlCode, detail: detail)
  }

  /// How it counts.
  public var failureClass: FailureClass { reason.failureClass }
}
