import Model

/// Why a lookup found nothing.
public enum LookupFailure: Hashable, Sendable {
  /// NXDOMAIN
  case noSuchName
  /// The name is there, and has no record of the type.
  case noData
  case serverFailure
  /// The server does not answer this question for us.
  case refused
  /// Another code than those above.
  case code(ResponseCode)
  /// The server names other servers instead of answering: it is not meant to be asked for this name.
  case referral
  case timeout
  /// Answers came, and all of them to other questions or from elsewhere; how many.
  case spoofed(Int)
  case malformed(DNSMessageError)
  /// A server that proved who it is answered another question.
  case stray
  /// The encrypted way to a server did not come about, or brought no message; why.
  case channel(Failure)
  /// The answer needs TCP, and that did not work; why.
  case truncated(String)
  /// An alias leads back to itself, or through too many others.
  case loop
  /// No way to the servers, by the kernel's account.
  case unreachable(String)
  /// A server's own name gives no address; which, and why.
  case unknownServer(String)
  /// A server's host says that nothing listens there.
  case noListener
  /// The server closed the connection without an answer.
  case closed
  /// The text is not a name that can be looked up; why.
  case badName(String)
  /// The agent's host could not ask; what it lacks, and the kernel's words.
  case own(Scarcity, String)
  /// As many lookups ran as may, until the time was up.
  case overload
  /// The agent has no name server to ask.
  case noServer
  /// The agent does not ask the server that was named; why.
  case forbidden(String)

  /// What an agent's host lacks.
  public enum Scarcity: Hashable, Sendable {
    case descriptors, memory
    /// Ports, or the permission.
    case other
  }

  /// Whether it is the agent's own trouble or refusal, and says nothing of the name or its servers.
  public var isOwn: Bool { reason.failureClass == .agent }

  /// What is told where a name had to be resolved for a check of another kind.
  public var reason: Reason {
    switch self {
    case .noSuchName: .dnsNoSuchName
    case .noData: .dnsNoData
    case .serverFailure: .dnsServerFailure
    case .refused: .dnsRefused
    // What forgers sent is no answer.
    case .timeout, .spoofed: .dnsTimeout
    case .malformed, .stray: .dnsMalformed
    case .channel(let failure): failure.reason
    case .truncated: .dnsTruncated
    case .loop: .dnsLoop
    case .code, .referral, .unreachable, .unknownServer, .noListener, .closed, .badName: .dnsFailed
    case .own(.descriptors, _): .agentNoDescriptors
    case .own(.memory, _): .agentNoMemory
    case .own(.other, _), .noServer: .agentResolver
    case .overload: .agentOverload
    case .forbidden: .agentAddressRefused
    }
  }

  /// Which of several failures is told: a server's word before its silence, and in between the agent's
  /// own trouble, since what could not be asked may have been answered.
  var rank: Int {
    switch self {
    case .noSuchName, .noData, .loop, .badName, .noServer, .forbidden: 9
    case .serverFailure, .refused, .code: 8
    case .referral: 7
    case .malformed, .stray: 6
    case .truncated: 5
    case .own, .overload: 4
    case .spoofed: 3
    case .closed, .noListener: 2
    case .timeout: 1
    case .unreachable, .unknownServer: 0
    case .channel(let failure):
      switch failure.failureClass {
      case .tls, .protocol, .status, .content, .dns: 6
      case .agent: 4
      case .connect: 2
      case .timeout: 1
      case .unreachable: 0
      }
    }
  }
}

extension LookupFailure: CustomStringConvertible {
  /// For a person, a clause without a full stop.
  public var description: String {
    switch self {
    case .noSuchName: "the name does not exist (NXDOMAIN)"
    case .noData: "the name has no record of the type that was asked for"
    case .serverFailure: "the name server could not find the answer (SERVFAIL)"
    case .refused: "the name server refused to answer (REFUSED)"
    case .code(let code): "the name server answered \(code)"
    case .referral: "the name server named other servers instead of answering"
    case .timeout: "no name server answered in time"
    case .spoofed(let count):
      "no answer fitted the question; \(count) came that did not, and were ignored"
    case .stray: "the name server answered another question"
    case .channel(let failure): failure.detail
    case .malformed(let error): "the name server's answer can't be read: \(error)"
    case .truncated(let text): "the answer was truncated, and TCP did not bring the whole: \(text)"
    case .loop: "the name is an alias that leads back to itself or never ends"
    case .unreachable(let text): "the name server can't be reached: \(text)"
    case .unknownServer(let text): "the name server has no address: \(text)"
    case .noListener: "nothing listens at the name server's port"
    case .closed: "the name server closed the connection without an answer"
    case .badName(let text): text
    case .own(_, let text): "the agent could not ask a name server: \(text)"
    case .overload: "the agent had too many lookups under way to ask in time"
    case .noServer: "the agent has no name server to ask"
    case .forbidden(let text): text
    }
  }
}

/// Why a question did not reach a server, or its answer did not come back, by the kernel's account.
public enum AskingTrouble: Error, Hashable, Sendable {
  /// The agent's host lacks something, or forbids it; the kernel's words.
  case own(LookupFailure.Scarcity, String)
  /// No way to the server; the kernel's words.
  case unreachable(String)
  /// Nothing listens at the server's port.
  case refused
  /// The server ended the connection.
  case closed
  /// An encrypted way did not come about, or brought no message; why.
  case channel(Failure)

  var failure: LookupFailure {
    switch self {
    case .own(let scarcity, let text): .own(scarcity, text)
    case .unreachable(let text): .unreachable(text)
    case .refused: .noListener
    case .closed: .closed
    case .channel(let failure): .channel(failure)
    }
  }
}
