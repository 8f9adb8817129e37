/// How many lookups run at once, and that one silent server leaves half of the room to the others.
///
/// Those that find no room wait, each behind the others of its server; servers take turns.
public struct FlightGate: Sendable {
  public let room: Int
  public let mostWaiting: Int
  private var flying: [UInt64: ServerAddress] = [:]
  private var flyingByServer: [ServerAddress: Int] = [:]
  private var waiting: [UInt64: ServerAddress] = [:]
  private var queues: [ServerAddress: Queue] = [:]
  /// Servers for which something may wait, in the order of their turns.
  private var turns: [ServerAddress] = []

  /// Numbers in order; those that no longer wait are passed over.
  private struct Queue {
    var numbers: [UInt64] = []
    var head = 0
  }

  /// What becomes of a lookup that wants to begin.
  public enum Admission: Hashable, Sendable {
    case begins, waits
    /// Too many wait already.
    case refused
  }

  public init(room: Int, mostWaiting: Int = 16_384) {
    self.room = max(1, room)
    self.mostWaiting = max(0, mostWaiting)
  }

  public var flyingCount: Int { flying.count }
  public var waitingCount: Int { waiting.count }

  private func hasRoom(for server: ServerAddress) -> Bool {
    flying.count < room && flyingByServer[server, default: 0] < max(1, room / 2)
  }

  /// A lookup wants to begin; `server` is the first that it asks.
  public mutating func ask(_ number: UInt64, _ server: ServerAddress) -> Admission {
    if queues[server] == nil, hasRoom(for: server) {
      fly(number, server)
      return .begins
    }
    guard waiting.count < mostWaiting else { return .refused }
    waiting[number] = server
    if queues[server] == nil { turns.append(server) }
    queues[server, default: Queue()].numbers.append(number)
    return .waits
  }

  /// A lookup has ended, or is not wanted any more.
  ///
  /// - Returns: those that begin now.
  public mutating func end(_ number: UInt64) -> [UInt64] {
    if let server = flying.removeValue(forKey: number) {
      let left = flyingByServer[server, default: 1] - 1
      flyingByServer[server] = left > 0 ? left : nil
    } else {
      waiting[number] = nil
    }
    var begun: [UInt64] = []
    var passed = 0
    while flying.count < room, passed < turns.count {
      let server = turns.removeFirst()
      guard let next = first(of: server) else {
        queues[server] = nil
        continue
      }
      turns.append(server)
      guard hasRoom(for: server) else {
        passed += 1
        continue
      }
      passed = 0
      queues[server]?.head += 1
      waiting[next] = nil
      fly(next, server)
      begun.append(next)
    }
    return begun
  }

  private mutating func fly(_ number: UInt64, _ server: ServerAddress) {
    flying[number] = server
    flyingByServer[server, default: 0] += 1
  }

  /// The first that still waits for a server; `nil` where none does.
  private mutating func first(of server: ServerAddress) -> UInt64? {
    guard var queue = queues[server] else { return nil }
    defer { queues[server] = queue }
    while queue.head < queue.numbers.count, waiting[queue.numbers[queue.head]] == nil {
      queue.head += 1
    }
    if queue.head == queue.numbers.count { return nil }
    if queue.head > 1_024, queue.head > queue.numbers.count / 2 {
      queue.numbers.removeFirst(queue.head)
      queue.head = 0
    }
    return queue.numbers[queue.head]
  }
}
