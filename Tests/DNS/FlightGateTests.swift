import Model
import DNS
import Testing
import WireFuzzing

@Suite struct FlightGateTests {
  static let first = ServerAddress(.ipv4(1))
  static let second = ServerAddress(.ipv4(2))

  @Test func `a silent server leaves half of the room to others`() {
    var gate = FlightGate(room: 4)
    #expect(gate.ask(1, Self.first) == .begins)
    #expect(gate.ask(2, Self.first) == .begins)
    #expect(gate.ask(3, Self.first) == .waits)
    #expect(gate.ask(4, Self.second) == .begins)
    #expect(gate.ask(5, Self.second) == .begins)
    #expect(gate.ask(6, ServerAddress(.ipv4(3))) == .waits)
    #expect(gate.flyingCount == 4)
    // The first server's own comes next where it has room, and the third's where the second ends.
    #expect(gate.end(4) == [6])
    #expect(gate.end(1) == [3])
    #expect(gate.waitingCount == 0)
  }

  @Test func `those that wait keep their order and servers take turns`() {
    var gate = FlightGate(room: 2)
    #expect(gate.ask(1, Self.first) == .begins)
    #expect(gate.ask(2, Self.second) == .begins)
    for number in [3, 4, 5] as [UInt64] { #expect(gate.ask(number, Self.first) == .waits) }
    for number in [6, 7] as [UInt64] { #expect(gate.ask(number, Self.second) == .waits) }
    #expect(gate.end(1) == [3])
    #expect(gate.end(3) == [4])
    #expect(gate.end(2) == [6])
    #expect(gate.end(4) == [5])
  }

  @Test func `what waits can be given up, and too much is refused`() {
    var gate = FlightGate(room: 1, mostWaiting: 2)
    #expect(gate.ask(1, Self.first) == .begins)
    #expect(gate.ask(2, Self.first) == .waits)
    #expect(gate.ask(3, Self.first) == .waits)
    #expect(gate.ask(4, Self.first) == .refused)
    #expect(gate.end(2) == [])
    #expect(gate.end(4) == [])
    #expect(gate.ask(5, Self.first) == .waits)
    #expect(gate.end(1) == [3])
    #expect(gate.end(5) == [])
    #expect(gate.end(3) == [])
    #expect(gate.ask(6, Self.first) == .begins)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `nothing is lost, and room is never left while someone may use it`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let room = Int.random(in: 1...8, using: &generator)
    var gate = FlightGate(room: room, mostWaiting: 50)
    let servers = (0..<4).map { ServerAddress(.ipv4($0)) }
    var serverOf: [UInt64: ServerAddress] = [:]
    var flying: Set<UInt64> = []
    var waiting: Set<UInt64> = []
    for number in 1...2_000 as ClosedRange<UInt64> {
      if Bool.random(using: &generator) || flying.isEmpty {
        let server = servers[Int.random(in: 0..<4, using: &generator)]
        serverOf[number] = server
        switch gate.ask(number, server) {
        case .begins: flying.insert(number)
        case .waits: waiting.insert(number)
        case .refused: #expect(waiting.count == 50)
        }
      } else if let gone = flying.union(waiting).sorted().randomElement(using: &generator) {
        flying.remove(gone)
        waiting.remove(gone)
        for begun in gate.end(gone) {
          #expect(waiting.remove(begun) != nil)
          flying.insert(begun)
        }
      }
      #expect(gate.flyingCount == flying.count && flying.count <= room)
      #expect(gate.waitingCount == waiting.count)
      if flying.count < room {
        for waiter in waiting {
          let busy = flying.count { serverOf[$0] == serverOf[waiter] }
          #expect(busy == max(1, room / 2))
        }
      }
    }
  }
}
