/// Why a condition was not met or not decided, as a code that stays the same.
public enum ConditionReason: String, CaseIterable, Hashable, Sendable {
  case status = "assert.status"
  /// The whole body, its size or its digest.
  case body = "assert.body"
  /// What a path leads to in the body, or that the body is not JSON.
  case json = "assert.json"
  case header = "assert.header"
  /// The whole time or that of a phase.
  case time = "assert.time"
  case certificate = "assert.certificate"
  /// A regular expression, of whatever.
  case regex = "assert.regex"
  case address = "assert.address"
  case connection = "assert.connection"
  case redirect = "assert.redirect"
  /// The version of HTTP.
  case version = "assert.version"
  /// The version or cipher of TLS.
  case tls = "assert.tls"
  case dns = "assert.dns"
  /// The registration of the domain.
  case domain = "assert.domain"
  /// Not decided: to look through what the target said took more steps than are allowed.
  case tooCostly = "assert.too_costly"
  /// Not decided: no probe of this kind learns what the condition is about.
  case unavailable = "assert.unavailable"

  /// What this means, as a sentence for people without its full stop.
  public var sentence: String {
    switch self {
    case .status: "the status is not the expected one"
    case .body: "the body is not as expected"
    case .json: "the body is not JSON, or a value in it is not as expected"
    case .header: "a header is not as expected"
    case .time: "it took longer or shorter than expected"
    case .certificate: "the certificate is not as expected"
    case .regex: "a regular expression does not match, or matches what it should not"
    case .address: "the address is not the expected one"
    case .connection: "the connection is not as expected"
    case .redirect: "the redirects did not lead where expected"
    case .version: "the version of HTTP is not the expected one"
    case .tls: "the version or cipher of TLS is not the expected one"
    case .dns: "the DNS answer is not as expected"
    case .domain: "the domain's registration ends too soon"
    case .tooCostly: "to evaluate the condition would have taken too much work"
    case .unavailable: "a check of this kind can't learn what the condition asks"
    }
  }
}
