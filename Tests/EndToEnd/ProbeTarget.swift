import Glibc
import Linux
import Synchronization

/// A web server that is probed: it answers 200, and remembers the nonce of every request.
///
/// A nonce is the value of `Upblit-Probe`, `agent/slot/start`: it names one probe for ever. Requests are
/// taken one at a time, which suffices for some thousands a second.
final class ProbeTarget: Sendable {
  let port: UInt16
  private let listener: Socket
  private let state = Mutex(State())

  private struct State {
    var nonces: Set<String> = []
    var repeated: [String] = []
    /// Paths that answer 503.
    var broken: Set<String> = []
    /// Agents (by id) that get no answer, at any path.
    var cut: Set<String> = []
    /// Agents that wait for an answer that never comes.
    var stalled: Set<String> = []
    var waiting: [Socket] = []
  }

  private enum Reply {
    case answer([UInt8])
    case close
    /// The connection stays open.
    case nothing
  }

  init() throws {
    let listener = try Socket.listening()
    self.listener = listener
    port = listener.port
    _ = try DedicatedThread(name: "target") { [self] in serve() }
  }

  /// Ends it; until then its thread keeps it alive.
  func stop() { listener.shut() }

  /// The nonces of all requests so far.
  var nonces: Set<String> { state.withLock { $0.nonces } }

  /// Nonces that came more than once.
  var repeated: [String] { state.withLock { $0.repeated } }

  /// Makes a path answer 503, or 200 again.
  func setBroken(_ path: String, _ isBroken: Bool) {
    state.withLock {
      if isBroken { $0.broken.insert(path) } else { $0.broken.remove(path) }
    }
  }

  /// Closes an agent's connections without an answer, or no longer.
  func setCut(agent: String, _ isCut: Bool) {
    state.withLock {
      if isCut { $0.cut.insert(agent) } else { $0.cut.remove(agent) }
    }
  }

  /// Lets an agent wait for answers until it gives up, or no longer.
  func setStalled(agent: String, _ isStalled: Bool) {
    state.withLock { state in
      if isStalled {
        state.stalled.insert(agent)
      } else {
        state.stalled.remove(agent)
        for connection in state.waiting { connection.close() }
        state.waiting = []
      }
    }
  }

  private func serve() {
    while let connection = listener.accepted() {
      connection.limitWaiting(seconds: 2)
      switch reply(to: request(connection)) {
      case .answer(let bytes):
        connection.send(bytes)
        connection.close()
      case .close: connection.close()
      case .nothing: state.withLock { $0.waiting.append(connection) }
      }
    }
    listener.close()
    for connection in state.withLock({ $0.waiting }) { connection.close() }
  }

  /// The head of a request.
  private func request(_ connection: Socket) -> String {
    var bytes: [UInt8] = []
    while bytes.count < 1 << 14 {
      let more = connection.received()
      guard !more.isEmpty else { break }
      bytes += more
      if bytes.suffix(4).elementsEqual([13, 10, 13, 10]) { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func reply(to request: String) -> Reply {
    let lines = request.split(whereSeparator: \.isNewline)
    guard let first = lines.first else { return .close }
    let words = first.split(separator: " ")
    let path = words.count > 1 ? String(words[1]) : "/"
    var nonce: String?
    for line in lines.dropFirst() where line.lowercased().hasPrefix("upblit-probe:") {
      nonce = String(line.dropFirst("upblit-probe:".count).drop { $0 == " " })
    }
    return state.withLock { state in
      if let nonce {
        if !state.nonces.insert(nonce).inserted { state.repeated.append(nonce) }
        let agent = nonce.prefix { $0 != "/" }
        if state.cut.contains(String(agent)) { return .close }
        if state.stalled.contains(String(agent)) { return .nothing }
      }
      let status = state.broken.contains(path) ? "503 Service Unavailable" : "200 OK"
      return .answer(
        Array(
          "HTTP/1.1 \(status)\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n".utf8))
    }
  }
}
