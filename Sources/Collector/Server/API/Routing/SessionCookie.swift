import HTTPTypes
import Store

/// The cookie that holds a browser's session.
///
/// Its prefix ties it to this host, to TLS and to the whole site (RFC 6265bis section 4.1.3.2); no
/// script reads it. `Lax`, since a person who comes back from a provider of identities comes from
/// another site; what changes things is guarded by `SameOrigin`.
enum SessionCookie {
  static let name = "__Host-upblit"

  /// What a request's session cookie holds; `nil` where there is none, or several.
  static func find(_ headers: HTTPFields) -> RefreshToken? {
    value(of: name, headers).flatMap { RefreshToken($0) }
  }

  /// Whether a request carries the cookie, whatever it holds.
  static func isPresent(_ headers: HTTPFields) -> Bool { value(of: name, headers) != nil }

  /// The header that sets it.
  static func set(_ token: RefreshToken, seconds: Int64) -> (String, String) {
    header(name, token.text, seconds: seconds)
  }

  /// The header that takes it away.
  static var clear: (String, String) { header(name, "", seconds: 0) }

  static func header(_ name: String, _ value: String, seconds: Int64) -> (String, String) {
    (
      "set-cookie",
      "\(name)=\(value); Path=/; Max-Age=\(seconds); Secure; HttpOnly; SameSite=Lax"
    )
  }

  /// The value of a cookie; `nil` where it is not there, or twice.
  static func value(of name: String, _ headers: HTTPFields) -> String? {
    var found: [String] = []
    for header in headers[values: .cookie] {
      for pair in header.split(separator: ";") {
        let trimmed = pair.drop { $0 == " " }
        guard trimmed.hasPrefix(name + "=") else { continue }
        found.append(String(trimmed.dropFirst(name.utf8.count + 1)))
      }
    }
    return found.count == 1 ? found[0] : nil
  }
}
