import Glibc
import Linux
import Synchronization

/// An HTTP/1.1 server on the loopback that gives prepared answers and remembers what it was asked.
public final class ScriptedServer: Sendable {
  public struct Answer: Sendable {
    public var status: Int
    public var headers: [String]
    public var body: String
    /// The body has no length: it ends with the connection.
    public var endsByClosing: Bool
    /// Ends the connection without an answer.
    public var isSilent: Bool
    /// Never answers, and keeps the connection.
    public var isStuck: Bool

    public init(
      status: Int = 200, headers: [String] = [], body: String = "{}", endsByClosing: Bool = false,
      isSilent: Bool = false, isStuck: Bool = false
    ) {
      self.status = status
      self.headers = headers
      self.body = body
      self.endsByClosing = endsByClosing
      self.isSilent = isSilent
      self.isStuck = isStuck
    }
  }

  public struct Request: Sendable {
    /// Such as `GET /api/v1/me`.
    public var line: String
    public var headers: [String]
    public var body: String

    /// The value of a header, given in lower case.
    public func header(_ name: String) -> String? {
      headers.first { $0.lowercased().hasPrefix(name + ":") }
        .map { String($0.dropFirst(name.utf8.count + 1).drop { $0 == " " }) }
    }
  }

  private struct State {
    var answers: [Answer]
    var requests: [Request] = []
    var connections = 0
  }

  public let port: UInt16
  private let listener: Int32
  private let state: Mutex<State>
  private let answering: (@Sendable (Request) -> Answer)?

  public struct Failure: Error {}

  /// One that gives these answers in their order, the last one again and again.
  public convenience init(_ answers: Answer...) throws { try self.init(answers: answers) }

  public convenience init(answers: [Answer]) throws { try self.init(answers, nil) }

  /// One that answers each request as the closure says, several at once.
  public convenience init(answering: @escaping @Sendable (Request) -> Answer) throws {
    try self.init([], answering)
  }

  private init(_ answers: [Answer], _ answering: (@Sendable (Request) -> Answer)?) throws {
    state = Mutex(State(answers: answers))
    self.answering = answering
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else {
      close(descriptor)
      throw Failure()
    }
    listener = descriptor
    port = UInt16(bigEndian: address.sin_port)
    _ = try DedicatedThread(name: "scripted") { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        state.withLock { $0.connections += 1 }
        _ = try? DedicatedThread(name: "scripted-peer") { [self] in serve(connection) }
      }
      close(listener)
    }
  }

  public func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  public var address: String { "http://127.0.0.1:\(port)" }
  public var requests: [Request] { state.withLock { $0.requests } }
  public var connections: Int { state.withLock { $0.connections } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var bytes: [UInt8] = []
    while let request = read(connection, &bytes) {
      let scripted = state.withLock { state -> Answer? in
        state.requests.append(request)
        if answering != nil { return nil }
        return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
      }
      // Not under the lock: it may take its time.
      guard let answer = scripted ?? answering?(request) else { return }
      if answer.isSilent { return }
      if answer.isStuck {
        var byte: UInt8 = 0
        _ = recv(connection, &byte, 1, 0)
        return
      }
      var text = "HTTP/1.1 \(answer.status) Scripted\r\n"
      for header in answer.headers { text += header + "\r\n" }
      if answer.endsByClosing {
        text += "Connection: close\r\n\r\n\(answer.body)"
      } else {
        text += "Content-Length: \(answer.body.utf8.count)\r\n\r\n\(answer.body)"
      }
      let all = Array(text.utf8)
      guard send(connection, all, all.count, Int32(MSG_NOSIGNAL)) == all.count,
        !answer.endsByClosing
      else { return }
    }
  }

  private func read(_ connection: Int32, _ bytes: inout [UInt8]) -> Request? {
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
          .replacing("\r\n", with: "\n").split(separator: "\n").map(String.init)
        let words = lines[0].split(separator: " ")
        var request = Request(
          line: words.prefix(2).joined(separator: " "), headers: Array(lines.dropFirst()), body: "")
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        if bytes.count - end.upperBound >= length {
          request.body = String(
            decoding: bytes[end.upperBound..<(end.upperBound + length)], as: UTF8.self)
          bytes.removeFirst(end.upperBound + length)
          return request
        }
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
  }
}
