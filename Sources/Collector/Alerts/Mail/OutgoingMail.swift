/// One mail to one server. Nothing of it is printed but the server and the size.
public struct OutgoingMail: Hashable, Sendable {
  /// How the connection is protected.
  public enum Security: String, Hashable, Sendable, CaseIterable {
    /// TLS from the first byte (RFC 8314).
    case tls
    /// STARTTLS, without which nothing is sent.
    case startTLS = "starttls"
    /// None: for a relay on this machine alone.
    case none
  }

  public var host: String
  public var port: Int
  public var security: Security
  /// Whom to sign in as; `nil` for nobody.
  public var credentials: Credentials?
  /// The envelope's sender and recipients, addresses without brackets.
  public var sender: String
  public var recipients: [String]
  /// The message (RFC 5322), lines ended by CRLF. Lines that begin with a dot are as they are: whoever
  /// speaks SMTP doubles it.
  public var bytes: [UInt8]

  /// A user and a password.
  public struct Credentials: Hashable, Sendable {
    public var user: String
    public var password: String
  }
}

extension OutgoingMail.Credentials: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String { "credentials" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension OutgoingMail: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "mail by \(host):\(port) (\(bytes.count) bytes)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
