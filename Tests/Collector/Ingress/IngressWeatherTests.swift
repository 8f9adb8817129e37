import Glibc
import Ingress
import Linux
import Model
import Postgres
import Testing
import Wire

/// What networks and clocks do to agents that mean no harm, and crowds that mean nothing.
@Suite(.serialized) struct IngressWeatherTests {
  @Test(arguments: [-315_360_000_000, -3_600_000, 3_600_000, 315_360_000_000] as [Int64])
  func `an agent's clock may be wrong by an hour or ten years`(_ wrongMs: Int64) async throws {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      try fixture.assign([slot], to: agent)
      agent.nowMs += wrongMs
      agent.clockOffsetMs = -wrongMs
      let stream = StreamID.random()
      try fixture.connect(agent, stream: stream)
      try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(UInt64(slot))]))
      let ack = try agent.receive(Ack.self)
      #expect(ack.committed == 1 && ack.rejected == 0)
      let off = try fixture.count(
        "SELECT abs(extract(epoch FROM now() - started_at))::int8 FROM result")
      #expect(off < 60)
      #expect(try fixture.count("SELECT count(*) FROM quorum_event") == 1)
    }
  }

  @Test func `before an agent knows its clock to be wrong its times are refused, not its session`()
    async throws
  {
    try await IngressFixture.with { fixture in
      let slot = try fixture.monitor()
      let agent = try fixture.agent()
      agent.nowMs += 315_360_000_000
      agent.clockOffsetMs = nil
      let stream = StreamID.random()
      try fixture.connect(agent, stream: stream)
      try agent.sendTagged(.results, try agent.batch(stream, 1, [agent.record(UInt64(slot))]))
      let ack = try agent.receive(Ack.self)
      #expect(ack.committed == 1 && ack.rejected == 1)
      #expect(try fixture.count("SELECT count(*) FROM result") == 0)
      try agent.send(Ping(token: 9))
      #expect(try agent.receive(Pong.self).token == 9)
    }
  }

  @Test func `an end with answers unread loses and doubles nothing`() async throws {
    try await IngressFixture.with(isTLS: true) { fixture in
      let slot = UInt64(try fixture.monitor())
      let agent = try fixture.agent()
      let stream = StreamID.random()
      for sequence in 1...5 as ClosedRange<UInt64> {
        agent.connect(try fixture.socket())
        let welcome = try agent.handshake(
          streams: [Auth.Stream(id: stream, firstUnacked: sequence, lastAssigned: sequence)])
        #expect(welcome.streams.first?.committed == sequence - 1)
        for token in 0..<20 as Range<UInt64> { try agent.send(Ping(token: token)) }
        let batch = try agent.batch(stream, sequence, [agent.record(slot)])
        try agent.sendTagged(.results, batch)
        // PONGs and the ack are left in the socket.
        agent.disconnect()
        agent.connect(try fixture.socket())
        let again = try agent.handshake(
          streams: [Auth.Stream(id: stream, firstUnacked: sequence, lastAssigned: sequence)])
        if again.streams.first?.committed == sequence - 1 {
          try agent.sendTagged(.results, batch)
          #expect(try agent.receive(Ack.self).committed == sequence)
        }
        #expect(try fixture.count("SELECT count(*) FROM result") == Int64(sequence))
        agent.nowMs += 1
      }
    }
  }

  @Test func `ten thousand idle connections neither hurt a session nor keep an agent out for long`()
    async throws
  {
    try await IngressFixture.with { fixture in
      let agent = try fixture.liveAgent(stream: .random())
      let late = try fixture.agent(region: "us")
      var crowd: [Int32] = []
      defer { for socket in crowd { close(socket) } }
      for number in 0..<10_000 as Range<UInt32> {
        // Of many addresses, so that no bound per address helps.
        crowd.append(try idleConnection(from: 0x7F01_0001 + number % 5_000, to: fixture.port))
        // Half of them go before they are closed; this process needs descriptors too.
        if crowd.count > 600 { close(crowd.removeFirst()) }
        guard number % 1_000 == 0 else { continue }
        try agent.send(Ping(token: UInt64(number)))
        #expect(try agent.receive(Pong.self).token == UInt64(number))
      }
      let end = AgentClock.monotonicNanoseconds() + 30_000_000_000
      var isIn = false
      while !isIn, AgentClock.monotonicNanoseconds() < end {
        isIn = (try? fixture.connect(late, stream: .random())) != nil
        if !isIn { try await Task.sleep(for: .milliseconds(200)) }
      }
      #expect(isIn, "those who say nothing are cut off after five seconds")
    }
  }

  /// A connection from an address of this machine that says nothing.
  private func idleConnection(from source: UInt32, to port: Int) throws -> Int32 {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(made >= 0)
    named(source, 0) { #expect(bind(made, $0, $1) == 0) }
    named(0x7F00_0001, UInt16(port)) { #expect(Glibc.connect(made, $0, $1) == 0) }
    return made
  }

  private func named(
    _ host: UInt32, _ port: UInt16, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Void
  ) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        use($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
