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
    /// Every `Set-Cookie`.
    var cookies: [String] = []

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
    let connection = try RawConnection(port: port)
    connection.send(bytes)
    return try connection.readAnswer(hasBody: !bytes.starts(with: "HEAD".utf8))
  }

  /// A connection on which `bytes` were sent; nothing that is awaited on it may take 20 s.
  static func connect(_ bytes: [UInt8], port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(reason: "no socket") }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard Loopback.connect(descriptor, port: port) else {
      close(descriptor)
      throw Failure(reason: "connection refused")
    }
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { break }
      sent += count
    }
    return descriptor
  }

  /// `nil` until the whole answer is there.
  static func parse(_ bytes: [UInt8], hasBody: Bool) -> Answer? {
    let end = Array("\r\n\r\n".utf8)
    guard
      let headEnd = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
    else { return nil }
    let lines = String(decoding: bytes[..<headEnd], as: UTF8.self)
      .split(separator: "\r\n").map(String.init)
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    var headers: [String: String] = [:]
    var cookies: [String] = []
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts[0].lowercased() == "set-cookie" { cookies.append(String(parts[1].dropFirst())) }
      headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].dropFirst()) : ""
    }
    let body = bytes[(headEnd + 4)...]
    if hasBody, headers["transfer-encoding"] == "chunked" {
      return chunks(body).map { Answer(status: status, headers: headers, body: $0) }
    }
    let length = status == 204 || !hasBody ? 0 : Int(headers["content-length"] ?? "0") ?? 0
    guard body.count >= length else { return nil }
    return Answer(
      status: status, headers: headers, body: Array(body.prefix(length)), cookies: cookies)
  }

  /// The content of a body in chunks (RFC 9112 section 7.1); `nil` until the last is there.
  private static func chunks(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var content: [UInt8] = []
    var rest = bytes
    while let end = rest.firstIndex(of: 0x0d),
      let size = Int(String(decoding: rest[rest.startIndex..<end], as: UTF8.self), radix: 16)
    {
      let first = end + 2
      guard rest.endIndex >= first + size + 2 else { return nil }
      if size == 0 { return content }
      content += rest[first..<first + size]
      rest = rest[(first + size + 2)...]
    }
    return nil
  }
}
