import Model

/// Asks for TLS in the clear, in one of the protocols that know how.
///
/// Bytes go in, split anywhere; what is to be done comes out. It reads `mostBytes` at most and keeps
/// less. What comes behind the server's go-ahead and before TLS could have been put there by someone
/// in between (CVE-2011-0411), and fails.
public struct StartTLSNegotiation: Sendable {
  /// How many bytes a server may say before its go-ahead.
  public static let mostBytes = 65_536

  public enum Step: Hashable, Sendable {
    case send([UInt8])
    /// The next byte in either direction belongs to TLS.
    case beginTLS
    case failed(Failure)
  }

  /// What each protocol is at.
  private enum Machine: Sendable {
    case lines(LineReader, LineNegotiation)
    case ldap(LDAPNegotiation)
    case postgres(PostgresNegotiation)
    case mysql(MySQLNegotiation)
    case xmpp(XMPPNegotiation)
    case over
  }

  public let startTLSProtocol: StartTLSProtocol
  private var machine: Machine
  private var count = 0

  /// - Parameter name: the server's name, which xmpp is asked for.
  public init(_ startTLSProtocol: StartTLSProtocol, name: String?) {
    self.startTLSProtocol = startTLSProtocol
    machine =
      switch startTLSProtocol {
      case .smtp: .lines(LineReader(), .smtp(SMTPNegotiation()))
      case .imap: .lines(LineReader(), .imap(IMAPNegotiation()))
      case .pop3: .lines(LineReader(), .pop3(POP3Negotiation()))
      case .ftp: .lines(LineReader(), .ftp(FTPNegotiation()))
      case .ldap: .ldap(LDAPNegotiation())
      case .postgres: .postgres(PostgresNegotiation())
      case .mysql: .mysql(MySQLNegotiation())
      case .xmpp: .xmpp(XMPPNegotiation(name: name ?? ""))
      }
  }

  /// Whether anything came.
  public var hasHeard: Bool { count > 0 }

  /// What the client says first, where it is its turn.
  public func begin() -> [Step] {
    switch machine {
    case .ldap: [.send(LDAPNegotiation.request)]
    case .postgres: [.send(PostgresNegotiation.request)]
    case .xmpp(let negotiation): [.send(negotiation.opening)]
    case .lines, .mysql, .over: []
    }
  }

  /// Hears bytes. After `beginTLS` or `failed` it has nothing more to say.
  public mutating func take(_ bytes: [UInt8]) -> [Step] {
    if case .over = machine { return [] }
    var rest = bytes[...]
    var result: [Step] = []
    while let byte = rest.popFirst() {
      count += 1
      guard count <= Self.mostBytes else {
        return result + [end("\(Self.mostBytes) bytes came and no go-ahead")]
      }
      let reply = take(byte)
      for step in reply {
        switch step {
        case .say(let bytes): result.append(.send(bytes))
        case .goAhead:
          guard rest.isEmpty else {
            return result + [end("bytes came behind the go-ahead for TLS, in the clear")]
          }
          machine = .over
          return result + [.beginTLS]
        case .refused(let text):
          machine = .over
          return result + [
            .failed(Failure(.replyStatus, detail: "\(startTLSProtocol.rawValue): \(text)"))
          ]
        case .invalid(let text): return result + [end(text)]
        }
      }
    }
    return result
  }

  /// The peer has closed before its go-ahead.
  public var closedFailure: Failure {
    hasHeard
      ? Failure(
        .protocolInvalid,
        detail: "\(startTLSProtocol.rawValue): the connection was closed before TLS began")
      : Failure(.tcpClosed, detail: "the connection was closed without an answer")
  }

  private mutating func take(_ byte: UInt8) -> [NegotiationStep] {
    switch machine {
    case .lines(var reader, var negotiation):
      machine = .over
      let event = reader.take(byte)
      let steps: [NegotiationStep] =
        switch event {
        case .more: []
        case .line(let line): negotiation.take(line)
        case .tooLong: [.invalid("a line is longer than \(LineReader.longest) bytes")]
        }
      machine = .lines(reader, negotiation)
      return steps
    case .ldap(var negotiation):
      machine = .over
      defer { machine = .ldap(negotiation) }
      return negotiation.take(byte)
    case .postgres(var negotiation):
      machine = .over
      defer { machine = .postgres(negotiation) }
      return negotiation.take(byte)
    case .mysql(var negotiation):
      machine = .over
      defer { machine = .mysql(negotiation) }
      return negotiation.take(byte)
    case .xmpp(var negotiation):
      machine = .over
      defer { machine = .xmpp(negotiation) }
      return negotiation.take(byte)
    case .over: return []
    }
  }

  private mutating func end(_ text: String) -> Step {
    machine = .over
    return .failed(
      Failure(.protocolInvalid, detail: "\(startTLSProtocol.rawValue): \(text)"))
  }
}

/// What one protocol's negotiation wants next.
enum NegotiationStep: Hashable, Sendable {
  case say([UInt8])
  case goAhead
  /// The server speaks the protocol and does not do TLS, or nothing at all.
  case refused(String)
  /// It does not speak the protocol.
  case invalid(String)

  static func say(_ text: String) -> NegotiationStep { .say(Array(text.utf8)) }

  static func notSpoken(_ name: String, _ bytes: some Collection<UInt8>) -> NegotiationStep {
    .invalid("what answers does not speak \(name): \"\(VisibleText.excerpt(bytes))\"")
  }
}
