import API
import ConsoleServer
import TestSupport
import Testing

/// What a browser does, without one: keeps cookies, sends forms, says where they come from.
struct Browser {
  let api: TestAPI
  private(set) var cookies: [String: String] = [:]

  init(_ api: TestAPI) { self.api = api }

  /// One who is signed in.
  init(_ api: TestAPI, as email: String) async throws {
    self.init(api)
    let answer = try await post("/sign-in", ["email": email, "password": TestAPI.password])
    #expect(answer.status == 303, "\(answer.text)")
  }

  /// - Parameter encodings: what is sent as `Accept-Encoding`, here and below.
  mutating func get(_ path: String, encodings: String? = nil) async throws -> RawHTTP.Answer {
    try await exchange("GET \(path) HTTP/1.1\r\n", "", encodings)
  }

  /// - Parameter site: what the browser says of the page that sends the form; nothing where `nil`.
  mutating func post(
    _ path: String, _ fields: KeyValuePairs<String, String>, site: String? = "same-origin",
    origin: String? = nil, encodings: String? = nil
  ) async throws -> RawHTTP.Answer {
    let body = fields.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }
      .joined(separator: "&")
    var head = "POST \(path) HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    if let site { head += "Sec-Fetch-Site: \(site)\r\n" }
    if let origin { head += "Origin: \(origin)\r\n" }
    return try await exchange(head + "Content-Length: \(body.utf8.count)\r\n", body, encodings)
  }

  private mutating func exchange(
    _ head: String, _ body: String, _ encodings: String?
  ) async throws -> RawHTTP.Answer {
    var head = head + "Host: test\r\nConnection: close\r\n"
    if let encodings { head += "Accept-Encoding: \(encodings)\r\n" }
    if !cookies.isEmpty {
      head += "Cookie: "
      head += cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: "; ")
      head += "\r\n"
    }
    let answer = try await RawHTTP.send(Array((head + "\r\n" + body).utf8), port: api.port)
    for cookie in answer.cookies {
      let pair = cookie.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
      cookies[pair[0]] = cookie.contains("Max-Age=0") ? nil : pair.count == 2 ? pair[1] : ""
    }
    return answer
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8
        .contains(byte)
      let digits = String(byte, radix: 16)
      return isPlain
        ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }
}

extension TestAPI {
  /// A server that has the console; it is shared, and ends with the process.
  static func withConsole(_ body: (TestAPI) async throws -> Void) async throws {
    try await body(try await console.value)
  }

  private static let console = Task<TestAPI, any Error> {
    let (servers, continuation) = AsyncThrowingStream.makeStream(of: TestAPI.self)
    Task {
      do {
        try await TestAPI.with(configure: { $0.site = ConsoleSite() }) { api in
          continuation.yield(api)
          try await Task.sleep(for: .seconds(86_400))
        }
      } catch {
        continuation.finish(throwing: error)
      }
    }
    for try await server in servers { return server }
    throw RawHTTP.Failure(reason: "the console's server did not start")
  }
}
