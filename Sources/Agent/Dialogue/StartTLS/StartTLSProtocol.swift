/// The protocols in which TLS can be asked for in the clear.
public enum StartTLSProtocol: String, Hashable, Sendable, CaseIterable {
  /// RFC 3207.
  case smtp
  /// RFC 9051 section 6.2.1.
  case imap
  /// RFC 2595.
  case pop3
  /// RFC 4217.
  case ftp
  /// RFC 4511 section 4.14.
  case ldap
  /// PostgreSQL's documentation, "Frontend/Backend Protocol", SSL session encryption.
  case postgres
  /// MySQL's documentation, "Connection Phase".
  case mysql
  /// RFC 6120 section 5.
  case xmpp
}
