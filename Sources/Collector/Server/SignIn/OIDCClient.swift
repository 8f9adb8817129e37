import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import Signing

/// Asks a provider, bounded in size and time. Redirects are not followed (the client that is handed in
/// must not): a secret goes where the provider said, and nowhere else.
struct OIDCClient: Sendable {
  private let http: HTTPClient
  private static let timeout = TimeAmount.seconds(10)
  private static let longestAnswer = 256 * 1024

  init(_ http: HTTPClient) {
    self.http = http
  }

  /// The JSON at an address.
  func json(_ address: String, bearer: String?) async throws(OIDCProblem) -> JSONValue {
    var request = HTTPClientRequest(url: address)
    request.headers.add(name: "accept", value: "application/json")
    if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
    return try await answer(request)
  }

  /// What a code is exchanged for (RFC 6749 section 4.1.3).
  func exchange(
    code: String, verifier: String, redirect: String, _ settings: OIDCSettings,
    _ metadata: OIDCMetadata
  ) async throws(OIDCProblem) -> JSONValue {
    var request = HTTPClientRequest(url: metadata.token)
    request.method = .POST
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
    var form = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
      ("code_verifier", verifier),
    ]
    if metadata.takesBasic {
      // Both are form-encoded first (section 2.3.1).
      let pair = "\(FormText.escape(settings.clientID)):\(FormText.escape(settings.clientSecret))"
      request.headers.add(
        name: "authorization", value: "Basic \(Base64.encode(Array(pair.utf8), .standard))")
    } else {
      form += [("client_id", settings.clientID), ("client_secret", settings.clientSecret)]
    }
    request.body = .bytes(ByteBuffer(string: FormText.encode(form)))
    return try await answer(request)
  }

  private func answer(_ request: HTTPClientRequest) async throws(OIDCProblem) -> JSONValue {
    let status: UInt
    let bytes: [UInt8]
    do {
      let response = try await http.execute(request, timeout: Self.timeout)
      let body = try await response.body.collect(upTo: Self.longestAnswer)
      (status, bytes) = (response.status.code, Array(body.readableBytesView))
    } catch {
      throw .provider("\(Self.host(request.url)) did not answer")
    }
    let value = try? JSONValue(parsing: bytes)
    // A code that was used, or never given out: the browser's matter.
    if status == 400, value?["error"] == "invalid_grant" { throw .refused("invalid_grant") }
    guard status == 200, let value else {
      let word = value?["error"]?.stringValue.map { ", \"\(Self.visible($0))\"" } ?? ""
      throw .provider("\(Self.host(request.url)) answered \(status)\(word)")
    }
    return value
  }

  private static func host(_ address: String) -> String {
    let parts = address.split(separator: "/", maxSplits: 2)
    return parts.count > 1 ? String(parts[1]) : address
  }

  /// A provider's word, as far as it can be shown.
  private static func visible(_ text: String) -> String {
    String(decoding: text.utf8.filter { 0x20...0x7e ~= $0 }.prefix(64), as: UTF8.self)
  }
}
