/// One TCP connection that must be accepted, and what is said over it.
public struct TCPCheck: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  public var port: UInt16
  public var family: AddressFamily = .any
  /// `nil` where the connection is not encrypted.
  public var tls: TLSWishes?
  /// The protocol that turns to TLS in its own words first; only beside `tls`.
  public var startTLS: StartTLS?
  /// What is sent and waited for, in this order, when the connection stands (and is encrypted).
  public var script: [ScriptStep] = []
  public var conditions: [String] = []
  public var degradedAboveMs: UInt32?
  /// A certificate with fewer days left than this is degraded; `nil` never is.
  public var degradedBelowCertificateDays: UInt32?

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `host:port`, with brackets around an IPv6 address.
  public var address: String { HostPort.text(host, port) }
}

/// The protocols whose way to TLS is known.
public enum StartTLS: UInt8, Sendable, CaseIterable {
  case smtp = 1
  case imap = 2
  case pop3 = 3
  case ftp = 4
  case ldap = 5
  case postgres = 6
  case mysql = 7
  case xmpp = 8

  /// The word for it in the API.
  public var word: String { "\(self)" }
}

/// One step of what is said to a target.
public enum ScriptStep: Hashable, Sendable {
  /// Sends these bytes.
  case send([UInt8])
  /// Waits until what came since the step before matches a pattern of `Protocol/Conditions`.
  case expect(String)
}
