import AgentCore
import Testing
import Wire

@Suite struct LinkMachineTests {
  /// A machine, its generator and its clock.
  struct Rig {
    var machine: LinkMachine
    var generator = SeededGenerator(seed: 7)
    var nowMs: Int64 = 1_000_000

    init(collectors: Int = 1) {
      machine = LinkMachine(collectors: collectors, nowMs: 1_000_000)
    }

    mutating func tell(_ event: LinkMachine.Event) -> [LinkMachine.Directive] {
      machine.handle(event, nowMs: nowMs, using: &generator)
    }

    /// Moves the clock to the machine's next wish and tells it.
    mutating func wake() -> [LinkMachine.Directive] {
      nowMs = max(nowMs, machine.wakeAtMs ?? nowMs)
      return tell(.timePassed)
    }

    /// Goes the straight way to a live session.
    mutating func live() {
      _ = wake()
      for event in [LinkMachine.Event.connected, .challenged, .welcomed] { _ = tell(event) }
    }
  }

  @Test func `the straight way: connect, greet, prove, live`() {
    var rig = Rig()
    #expect(rig.wake() == [.connect(0)])
    #expect(rig.tell(.connected) == [.sendHello])
    #expect(rig.tell(.challenged) == [.sendAuth])
    #expect(!rig.machine.maySend)
    #expect(rig.tell(.welcomed) == [.startSession])
    #expect(rig.machine.maySend)
  }

  @Test func `a step of the handshake that takes ten seconds ends it`() {
    for steps in [[LinkMachine.Event.connected], [.connected, .challenged]] {
      var rig = Rig()
      _ = rig.wake()
      for step in steps { _ = rig.tell(step) }
      #expect(rig.machine.wakeAtMs == rig.nowMs + 10_000)
      #expect(rig.wake() == [.close])
      guard case .waiting = rig.machine.state else {
        Issue.record("\(rig.machine.state)")
        continue
      }
    }
  }

  @Test func `frames at the wrong moment end the connection`() {
    for (steps, event) in [
      ([LinkMachine.Event.connected], LinkMachine.Event.welcomed),
      ([.connected, .challenged], .challenged),
      ([.connected, .challenged, .welcomed], .challenged),
      ([.connected, .challenged, .welcomed], .welcomed),
    ] {
      var rig = Rig()
      _ = rig.wake()
      for step in steps { _ = rig.tell(step) }
      #expect(rig.tell(event) == [.close])
    }
  }

  @Test func `silence is pinged after 15 s and is death after 45 s`() {
    var rig = Rig()
    rig.live()
    let start = rig.nowMs
    #expect(rig.wake() == [.sendPing])
    #expect(rig.nowMs == start + 15_000)
    #expect(rig.wake() == [.close])
    #expect(rig.nowMs == start + 45_000)
  }

  @Test func `an answer ends the wait for it`() {
    var rig = Rig()
    rig.live()
    _ = rig.wake()
    rig.nowMs += 100
    #expect(rig.tell(.heard) == [])
    #expect(rig.machine.wakeAtMs == rig.nowMs + 15_000)
  }

  @Test func `goaway waits for acks, closes, and comes back within its range`() {
    var rig = Rig()
    rig.live()
    let start = rig.nowMs
    #expect(
      rig.tell(.dismissed(.shutdown, minimumDelayMs: 2_000, maximumDelayMs: 9_000))
        == [.stopSending])
    #expect(!rig.machine.maySend)
    #expect(rig.tell(.settled) == [.close])
    #expect((start + 2_000...start + 9_000).contains(rig.machine.wakeAtMs ?? 0))
  }

  @Test func `goaway does not wait longer than five seconds for acks`() {
    var rig = Rig()
    rig.live()
    _ = rig.tell(.dismissed(.shutdown, minimumDelayMs: 0, maximumDelayMs: 0))
    let start = rig.nowMs
    #expect(rig.wake() == [.close])
    #expect(rig.nowMs == start + 5_000)
  }

  @Test(
    arguments: [
      (EndCode.auth, 30_000), (.revoked, 30_000), (.version, 30_000), (.replaced, 30_000),
      (.overload, 500), (.internal, 500),
    ] as [(EndCode, Int64)])
  func `an error says how soon to come back`(code: EndCode, leastMs: Int64) {
    var rig = Rig()
    _ = rig.wake()
    _ = rig.tell(.connected)
    #expect(rig.tell(.refused(code, minimumDelayMs: 0, maximumDelayMs: 0)) == [.close])
    #expect((rig.machine.wakeAtMs ?? 0) >= rig.nowMs + leastMs)
  }

  @Test func `three failures lead to the next collector`() {
    var rig = Rig(collectors: 2)
    var tried: [LinkMachine.Directive] = []
    for _ in 0..<4 {
      tried += rig.wake()
      _ = rig.tell(.connectFailed)
    }
    #expect(tried == [.connect(0), .connect(0), .connect(0), .connect(1)])
  }

  @Test func `a session at another collector ends for the first, which gets one chance`() {
    var rig = Rig(collectors: 2)
    for _ in 0..<3 {
      _ = rig.wake()
      _ = rig.tell(.connectFailed)
    }
    rig.live()
    var directives: [LinkMachine.Directive] = []
    while directives != [.stopSending] {
      _ = rig.tell(.heard)
      directives = rig.wake()
    }
    #expect(rig.tell(.settled) == [.close])
    #expect(rig.wake() == [.connect(0)])
    _ = rig.tell(.connectFailed)
    #expect(rig.wake() == [.connect(1)])
  }

  @Test func `stopping sends what is left and waits for acks up to the limit`() {
    var rig = Rig()
    rig.live()
    #expect(rig.tell(.stop(untilMs: rig.nowMs + 8_000)) == [])
    #expect(rig.machine.maySend)
    var patient = rig
    #expect(rig.tell(.settled) == [.close, .finish])
    #expect(patient.wake() == [.close, .finish])
    #expect(patient.machine.state == .stopped)
  }

  @Test(arguments: [
    [], [LinkMachine.Event.connected], [.connected, .challenged], [.connectFailed],
  ])
  func `stopping without a session ends at once`(steps: [LinkMachine.Event]) {
    var rig = Rig()
    _ = rig.wake()
    for step in steps { _ = rig.tell(step) }
    #expect(rig.tell(.stop(untilMs: rig.nowMs + 8_000)).last == .finish)
  }

  @Test func `no order of events leaves the machine without a way on`() async {
    for seed in 0..<200 as Range<UInt64> {
      await Task.yield()
      var rig = Rig(collectors: 3)
      rig.generator = SeededGenerator(seed: seed)
      for _ in 0..<300 {
        let events: [LinkMachine.Event] = [
          .timePassed, .connected, .connectFailed, .challenged, .welcomed, .heard, .lost, .settled,
          .refused(.auth, minimumDelayMs: 5, maximumDelayMs: 1),
          .dismissed(.overload, minimumDelayMs: 1, maximumDelayMs: 500),
        ]
        _ = rig.tell(events[Int.random(in: 0..<events.count, using: &rig.generator)])
        if rig.machine.state != .connecting { #expect(rig.machine.wakeAtMs != nil) }
        rig.nowMs += Int64.random(in: 0...20_000, using: &rig.generator)
      }
    }
  }
}
