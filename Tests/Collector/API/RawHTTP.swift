import Glibc
import JSON
import Linux

/// A blocking HTTP/1.1 client of plain sockets, so that tests can send what no library would.
enum RawHTTP {
  struct Answer: Sendable {
    var status: Int
    /// Lower-case names.
    var headers: [String: String]
    var body: [UInt8]

    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  struct Failure: Error {
    var reason: String
  }

  /// Sends `bytes` and reads the one answer, on a thread of its own.
  static func send(_ bytes: [UInt8], port: Int) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "raw-http") {
          continuation.resume(with: Result { try exchange(bytes, port: port) })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private static func exchange(_ bytes: [UInt8], port: Int) throws -> Answer {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(reason: "no socket") }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(reason: "connection refused") }
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { break }
      sent += count
    }
    return try readAnswer(descriptor, hasBody: !bytes.starts(with: "HEAD".utf8))
  }

  private static func readAnswer(_ descriptor: Int32, hasBody: Bool) throws -> Answer {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      if let answer = parse(received, hasBody: hasBody) { return answer }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw Failure(reason: "the connection ended early") }
      received += buffer[..<count]
    }
  }

  /// `nil` until the whole answer is there.
  private static func parse(_ bytes: [UInt8], hasBody: Bool) -> Answer? {
    let end = Array("\r\n\r\n".utf8)
    guard
      let headEnd = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
    else { return nil }
    let lines = String(decoding: bytes[..<headEnd], as: UTF8.self)
      .split(separator: "\r\n").map(String.init)
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].dropFirst()) : ""
    }
    let body = bytes[(headEnd + 4)...]
    let length = status == 204 || !hasBody ? 0 : Int(headers["content-length"] ?? "0") ?? 0
    guard body.count >= length else { return nil }
    return Answer(status: status, headers: headers, body: Array(body.prefix(length)))
  }
}
