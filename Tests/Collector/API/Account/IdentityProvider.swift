import Glibc
import JSON
import Linux

/// oidc-provider-mock of PyPI at work: a provider of identities that lets everybody be whom they say.
final class IdentityProvider: Sendable {
  let port: Int
  private let process: pid_t

  var issuer: String { "http://127.0.0.1:\(port)" }

  /// - Parameter users: the claims of people whom it knows.
  convenience init(users: [JSONValue]) async throws {
    let port = try Loopback.freePort()
    var words = ["--port", String(port)]
    for user in users { words += ["--user-claims", user.text] }
    try await self.init(port, try PythonTools.start("oidc-provider-mock", words))
  }

  /// One whose identity tokens have the flaw that the code names.
  static func hostile() async throws -> IdentityProvider {
    let port = try Loopback.freePort()
    let script = PythonTools.path(of: "Account/hostile_provider.py")
    return try await IdentityProvider(port, PythonTools.start("python", [script, String(port)]))
  }

  private init(_ port: Int, _ process: pid_t) async throws {
    (self.port, self.process) = (port, process)
    for _ in 0..<600 {
      if (try? await get("/.well-known/openid-configuration"))?.status == 200 { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw RawHTTP.Failure(reason: "the provider of identities does not answer")
  }

  deinit {
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  /// Signs somebody in where a browser was sent to; gives where it is sent back to.
  func signIn(_ subject: String, at address: String) async throws -> String {
    let path = String(address.dropFirst(issuer.utf8.count))
    let body = "sub=\(subject)"
    let answer = try await RawHTTP.send(
      Array(
        """
        POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\
        \(body)
        """.utf8), port: port)
    guard let location = answer.headers["location"] else {
      throw RawHTTP.Failure(reason: "the provider answered \(answer.status): \(answer.text)")
    }
    return location
  }

  func get(_ path: String) async throws -> RawHTTP.Answer {
    try await RawHTTP.send(
      Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8),
      port: port)
  }
}
