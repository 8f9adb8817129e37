import Linux
import Synchronization

/// Stands between agents and a collector, and can hold back what the collector says.
///
/// It carries bytes and knows nothing of them: TLS, pin and channel binding pass through it.
final class Relay: Sendable {
  let port: UInt16
  private let listener: Socket
  private let destination: UInt16
  private let state = Mutex(State())

  private struct State {
    var holdsAnswers = false
    var open: [Int: [Socket]] = [:]
    var count = 0
  }

  init(to destination: UInt16) throws {
    self.destination = destination
    let listener = try Socket.listening()
    self.listener = listener
    port = listener.port
    _ = try DedicatedThread(name: "relay") { [self] in accept() }
  }

  /// Ends it and all that it carries; until then its thread keeps it alive.
  func stop() {
    listener.shut()
    cut()
  }

  /// From now on nothing that the collector says reaches an agent, or everything does again.
  ///
  /// What is held back is lost, so the connections must be cut before answers flow again.
  func holdAnswers(_ holds: Bool) { state.withLock { $0.holdsAnswers = holds } }

  /// Ends every connection.
  func cut() {
    let open = state.withLock { state in
      defer { state.open = [:] }
      return state.open.values.flatMap { $0 }
    }
    for socket in open { socket.shut() }
  }

  private func accept() {
    while let agent = listener.accepted() {
      guard let collector = Socket.connected(port: destination) else {
        agent.close()
        continue
      }
      let number = state.withLock { state in
        state.count += 1
        state.open[state.count] = [agent, collector]
        return state.count
      }
      let pair = Pair(agent: agent, collector: collector)
      do {
        _ = try DedicatedThread(name: "relay up") { [self] in
          carry(from: agent, to: collector, mayBeHeld: false)
          finish(pair, number)
        }
        _ = try DedicatedThread(name: "relay down") { [self] in
          carry(from: collector, to: agent, mayBeHeld: true)
          finish(pair, number)
        }
      } catch {
        agent.shut()
        collector.shut()
      }
    }
    listener.close()
  }

  /// One connection's two sockets; the second direction to end closes them.
  private final class Pair: Sendable {
    let agent: Socket
    let collector: Socket
    let ended = Mutex(0)

    init(agent: Socket, collector: Socket) {
      self.agent = agent
      self.collector = collector
    }
  }

  private func carry(from source: Socket, to sink: Socket, mayBeHeld: Bool) {
    while true {
      let bytes = source.received()
      guard !bytes.isEmpty else { return }
      if mayBeHeld, state.withLock({ $0.holdsAnswers }) { continue }
      guard sink.send(bytes) else { return }
    }
  }

  private func finish(_ pair: Pair, _ number: Int) {
    pair.agent.shut()
    pair.collector.shut()
    let isLast = pair.ended.withLock { ended in
      ended += 1
      return ended == 2
    }
    guard isLast else { return }
    _ = state.withLock { $0.open.removeValue(forKey: number) }
    pair.agent.close()
    pair.collector.close()
  }
}
