import Glibc
import JSON

/// Calls the collector's API over plain HTTP on loopback, one connection a call.
struct HTTPClient: Sendable {
  let port: UInt16
  let key: String

  /// The answer's document; throws for a status above 299 and when nobody answers.
  @discardableResult
  func call(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> JSONValue {
    let (status, text) = try exchange(method, "/api/v1" + path, body?.text ?? "")
    guard status < 300 else { throw Trouble("\(method) \(path): \(status) \(text)") }
    return text.isEmpty ? .null : try JSONValue(parsing: text)
  }

  /// Whether the collector says that it is ready.
  var isReady: Bool { (try? exchange("GET", "/readyz", "").status == 200) ?? false }

  private func exchange(
    _ method: String, _ path: String, _ body: String
  ) throws -> (status: Int, text: String) {
    guard let socket = Socket.connected(port: port) else { throw Trouble("nobody answers") }
    defer { socket.close() }
    socket.limitWaiting(seconds: 30)
    socket.send(
      Array(
        """
        \(method) \(path) HTTP/1.1\r
        Host: 127.0.0.1:\(port)\r
        Authorization: Bearer \(key)\r
        Content-Type: application/json\r
        Content-Length: \(body.utf8.count)\r
        Connection: close\r
        \r
        \(body)
        """.utf8))
    var bytes: [UInt8] = []
    while true {
      let more = socket.received()
      guard !more.isEmpty else { break }
      bytes += more
    }
    let head = Array("\r\n\r\n".utf8)
    var end = 0
    while end + 4 <= bytes.count, !bytes[end..<end + 4].elementsEqual(head) { end += 1 }
    let line = String(decoding: bytes.prefix(16), as: UTF8.self)
    let words = line.split(separator: " ")
    guard end + 4 <= bytes.count, words.count > 1, let status = Int(words[1]) else {
      throw Trouble("no HTTP answer to \(method) \(path)")
    }
    return (status, String(decoding: bytes[(end + 4)...], as: UTF8.self))
  }
}
