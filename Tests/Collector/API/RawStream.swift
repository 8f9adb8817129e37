import Glibc
import Linux
import Synchronization

/// An answer that is read while it comes.
final class RawStream: Sendable {
  private let descriptor: Int32
  private let received = Mutex<[UInt8]>([])

  init(_ path: String, key: String, port: Int, headers: [(String, String)] = []) throws {
    var head = "GET \(path) HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer \(key)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    descriptor = try RawHTTP.connect(Array((head + "\r\n").utf8), port: port)
  }

  deinit { close(descriptor) }

  /// All that has come, chunks and head as they are.
  var text: String { String(decoding: received.withLock { $0 }, as: UTF8.self) }

  /// Returns when what has come holds `words` so many times. Throws where it ends before.
  func wait(for words: String, times: Int = 1) async throws {
    try await onThread { [self] in
      while text.split(separator: words, omittingEmptySubsequences: false).count <= times {
        guard try receive() else { throw RawHTTP.Failure(reason: "it ended: \(text)") }
      }
    }
  }

  /// Returns when the other side has ended the connection, with all that came.
  func end() async throws -> String {
    try await onThread { [self] in
      while try receive() {}
      return text
    }
  }

  private func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN { throw RawHTTP.Failure(reason: "nothing came: \(text)") }
    if count > 0 { received.withLock { $0 += buffer[..<count] } }
    return count > 0
  }

  private func onThread<T: Sendable>(
    _ body: @escaping @Sendable () throws -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "raw-stream") {
          continuation.resume(with: Result { try body() })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
