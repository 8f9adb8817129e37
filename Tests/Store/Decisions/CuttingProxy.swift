import Glibc
import Linux
import Postgres
import Synchronization

/// Stands between one connection and Postgres, and ends it, as a kill -9 of the program would,
/// behind the n-th statement.
///
/// Statements are counted by the protocol's messages Execute and Query; what was sent before is all
/// the server gets.
final class CuttingProxy: Sendable {
  let address: PostgresAddress
  private let folder: String
  private let isCut = Mutex(false)

  /// Whether it came to the cut.
  var hasCut: Bool { isCut.withLock { $0 } }

  /// - Parameters:
  ///   - conninfo: a cluster on a socket, in key=value form.
  ///   - statements: how many statements come through.
  init(to conninfo: String, after statements: Int) throws {
    var template = Array("/tmp/upblit-cut-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(reason: "no folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let words = conninfo.split(separator: " ").filter { !$0.hasPrefix("host=") }
    address = try PostgresAddress(
      words.joined(separator: " ") + " host=\(folder) application_name=doomed")
    let pairs = conninfo.split(separator: " ")
    guard let host = pairs.first(where: { $0.hasPrefix("host=/") }) else {
      throw Failure(reason: "the cluster has no socket")
    }
    let port = pairs.first { $0.hasPrefix("port=") }.map { String($0.dropFirst(5)) } ?? "5432"
    let server = String(host.dropFirst(5)) + "/.s.PGSQL.\(port)"
    let own = folder + "/.s.PGSQL.\(port)"
    let listener = try Self.socket(own) { bind($0, $1, $2) }
    guard listen(listener, 1) == 0 else { throw Failure(reason: "cannot listen") }
    _ = try DedicatedThread(name: "cut") { [self] in
      let client = accept(listener, nil, nil)
      close(listener)
      unlink(own)
      rmdir(folder)
      guard client >= 0, let backend = try? Self.socket(server, { connect($0, $1, $2) }) else {
        return
      }
      carry(from: client, to: backend, statements: statements)
    }
  }

  struct Failure: Error {
    var reason: String
  }

  private static func socket(
    _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard descriptor >= 0, result == 0 else { throw Failure(reason: "cannot use \(path)") }
    return descriptor
  }

  /// Carries both directions until one ends or the cut is reached.
  private func carry(from client: Int32, to server: Int32, statements: Int) {
    defer {
      close(client)
      close(server)
    }
    var pending: [UInt8] = []
    var isStarted = false
    var left = statements
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var watched = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&watched, 2, -1) > 0 else { return }
      if watched[1].revents != 0 {
        let count = read(server, &buffer, buffer.count)
        guard count > 0, Self.write(client, buffer[..<count]) else { return }
      }
      guard watched[0].revents != 0 else { continue }
      let count = read(client, &buffer, buffer.count)
      guard count > 0 else { return }
      pending += buffer[..<count]
      var whole = 0
      while let length = Self.message(pending[whole...], isStarted: isStarted) {
        let kind = isStarted ? pending[whole] : 0
        whole += length
        isStarted = true
        guard kind == UInt8(ascii: "E") || kind == UInt8(ascii: "Q") else { continue }
        left -= 1
        if left == 0 {
          _ = Self.write(server, pending[..<whole])
          isCut.withLock { $0 = true }
          return
        }
      }
      guard Self.write(server, pending[..<whole]) else { return }
      pending.removeFirst(whole)
    }
  }

  /// The length of the message at the beginning; `nil` where it is not whole.
  private static func message(_ bytes: ArraySlice<UInt8>, isStarted: Bool) -> Int? {
    let skipped = isStarted ? 1 : 0
    guard bytes.count >= skipped + 4 else { return nil }
    let start = bytes.startIndex + skipped
    let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } + skipped
    return bytes.count >= length ? length : nil
  }

  private static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
