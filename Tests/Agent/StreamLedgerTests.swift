import AgentCore
import Model
import Testing
import Wire

@Suite struct StreamLedgerTests {
  private static let live = StreamID(high: 0, low: 1)
  private static let old = StreamID(high: 0, low: 2)
  private static let generous = Credit(bytes: 512 << 10, batches: 8)

  private static func batch(_ sequence: UInt64, bytes: Int = 1_000, atMs: Int64 = 0) -> Batch {
    Batch(sequence: sequence, bytes: bytes, baseMs: atMs, assignedMs: atMs)
  }

  /// A ledger in a session, with `count` batches in the live stream.
  private static func ledger(_ count: UInt64, credit: Credit = generous) -> StreamLedger {
    var ledger = StreamLedger(live: live, nowMs: 0)
    for sequence in 0..<count { ledger.append(batch(sequence + 1)) }
    _ = ledger.welcomed([.init(id: live, committed: 0, digest: .unknown)], credit: credit) { _ in
      nil
    }
    return ledger
  }

  /// Sends all that may be sent.
  private static func sendAll(_ ledger: inout StreamLedger, nowMs: Int64 = 0) -> [BatchName] {
    var sent: [BatchName] = []
    while let name = ledger.toSend(nowMs: nowMs) {
      ledger.sent(name, nowMs: nowMs)
      sent.append(name)
    }
    return sent
  }

  private static func nack(
    _ sequence: UInt64, _ code: Nack.Code, expected: UInt64, in stream: StreamID = live,
    retryMs: UInt32 = 0
  ) -> Nack {
    Nack(
      stream: stream, sequence: sequence, code: code, expected: expected, retryMs: retryMs,
      message: "")
  }

  @Test func `nothing is sent without a session`() {
    var ledger = StreamLedger(live: Self.live, nowMs: 0)
    ledger.append(Self.batch(1))
    #expect(ledger.toSend(nowMs: 0) == nil)
  }

  @Test func `credit bounds batches and bytes that are not answered`() {
    var byBatches = Self.ledger(20, credit: Credit(bytes: 1 << 20, batches: 3))
    #expect(Self.sendAll(&byBatches).map(\.sequence) == [1, 2, 3])
    var byBytes = Self.ledger(20, credit: Credit(bytes: 2_500, batches: 99))
    #expect(Self.sendAll(&byBytes).map(\.sequence) == [1, 2])
    var tiny = Self.ledger(20, credit: Credit(bytes: 1, batches: 99))
    #expect(Self.sendAll(&tiny).map(\.sequence) == [1])
    var none = Self.ledger(20, credit: Credit(bytes: 0, batches: 9))
    #expect(Self.sendAll(&none).isEmpty)
  }

  @Test func `an ack covers all before it and gives credit anew`() {
    var ledger = Self.ledger(5, credit: Credit(bytes: 1 << 20, batches: 3))
    _ = Self.sendAll(&ledger)
    let reactions = ledger.acked(
      Ack(stream: Self.live, committed: 2, credit: Credit(bytes: 1 << 20, batches: 2), rejected: 0))
    #expect(reactions == [.acked(Self.live, 2)])
    #expect(ledger.outstandingCount == 1)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [4])
    #expect(ledger.forAuth == [.init(id: Self.live, firstUnacked: 3, lastAssigned: 5)])
  }

  @Test func `a session's end sends again what was not acked`() {
    var ledger = Self.ledger(3)
    _ = Self.sendAll(&ledger)
    _ = ledger.acked(Ack(stream: Self.live, committed: 1, credit: Self.generous, rejected: 0))
    ledger.sessionEnded()
    #expect(ledger.toSend(nowMs: 0) == nil)
    _ = ledger.welcomed(
      [.init(id: Self.live, committed: 2, digest: .unknown)], credit: Self.generous
    ) { _ in nil }
    #expect(Self.sendAll(&ledger).map(\.sequence) == [3])
  }

  @Test func `backlog drains with half the credit while the live stream goes first`() {
    var ledger = StreamLedger(live: Self.live, nowMs: 0)
    ledger.adopt(Self.old, (1...50).map { Self.batch($0) }, lastAssigned: 50)
    for sequence in 1...3 { ledger.append(Self.batch(UInt64(sequence))) }
    #expect(ledger.forAuth.map(\.id) == [Self.old, Self.live])
    _ = ledger.welcomed([], credit: Self.generous) { _ in nil }
    let sent = Self.sendAll(&ledger)
    #expect(sent.prefix(3).allSatisfy { $0.stream == Self.live })
    #expect(sent.count { $0.stream == Self.old } == 4)
    _ = ledger.acked(Ack(stream: Self.old, committed: 4, credit: Self.generous, rejected: 0))
    #expect(Self.sendAll(&ledger).map(\.sequence) == [5, 6, 7, 8])
  }

  @Test func `a drained backlog stream is forgotten`() {
    var ledger = StreamLedger(live: Self.live, nowMs: 0)
    ledger.adopt(Self.old, [Self.batch(7)], lastAssigned: 7)
    _ = ledger.welcomed(
      [.init(id: Self.old, committed: 7, digest: .unknown)], credit: Self.generous
    ) { _ in nil }
    #expect(ledger.streamIDs == [Self.live])
  }

  @Test func `a live stream that is 30 s behind asks for a new one, an idle one does not`() {
    var ledger = Self.ledger(0)
    #expect(!ledger.wantsNewLive(nowMs: 100_000))
    ledger.append(Self.batch(1, atMs: 100_000))
    #expect(!ledger.wantsNewLive(nowMs: 130_000))
    #expect(ledger.wantsNewLive(nowMs: 130_001))
    ledger.openLive(Self.old, nowMs: 130_001)
    #expect(ledger.next == BatchName(stream: Self.old, sequence: 1))
    #expect(ledger.forAuth.map(\.id) == [Self.live, Self.old])
  }

  @Test func `a gap waits for all answers, then goes back once`() {
    var ledger = Self.ledger(3)
    _ = Self.sendAll(&ledger)
    #expect(ledger.nacked(Self.nack(2, .gap, expected: 1, retryMs: 50), nowMs: 0) == [])
    #expect(ledger.toSend(nowMs: 100) == nil)
    #expect(ledger.nacked(Self.nack(3, .gap, expected: 1), nowMs: 0) == [])
    #expect(ledger.nacked(Self.nack(1, .busy, expected: 1), nowMs: 0) == [])
    #expect(ledger.toSend(nowMs: 10) == nil)
    #expect(ledger.wakeAtMs(nowMs: 10) == 100)
    #expect(Self.sendAll(&ledger, nowMs: 100).map(\.sequence) == [1, 2, 3])
    guard case .closeSession = ledger.nacked(Self.nack(1, .gap, expected: 1), nowMs: 100).first
    else {
      Issue.record("a second gap at the same place must end the session")
      return
    }
  }

  @Test func `a gap before what is held asks for what was acked`() {
    var ledger = Self.ledger(4)
    _ = ledger.acked(Ack(stream: Self.live, committed: 3, credit: Self.generous, rejected: 0))
    _ = Self.sendAll(&ledger)
    #expect(
      ledger.nacked(Self.nack(4, .gap, expected: 2), nowMs: 0)
        == [.restore(Self.live, from: 2, through: 3)])
    ledger.restore(in: Self.live, [Self.batch(2), Self.batch(3)])
    #expect(Self.sendAll(&ledger).map(\.sequence) == [2, 3, 4])
  }

  @Test(arguments: [Nack.Code.badSignature, .malformed, .tooOld, .revoked])
  func `a batch that can never succeed is put aside`(code: Nack.Code) {
    var ledger = Self.ledger(3)
    _ = Self.sendAll(&ledger)
    let name = BatchName(stream: Self.live, sequence: 1)
    #expect(
      ledger.nacked(Self.nack(1, code, expected: 1), nowMs: 0) == [.quarantine(name, code)])
    var skip = Self.batch(1, bytes: 150)
    skip.isSkip = true
    ledger.replace(in: Self.live, with: skip)
    _ = ledger.nacked(Self.nack(2, .gap, expected: 1), nowMs: 0)
    _ = ledger.nacked(Self.nack(3, .gap, expected: 1), nowMs: 0)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [1, 2, 3])
    #expect(
      ledger.nacked(Self.nack(1, code, expected: 1), nowMs: 0) == [.abandon(Self.live)])
  }

  @Test func `a fork moves a batch, and drops a skip`() {
    var ledger = Self.ledger(2)
    _ = Self.sendAll(&ledger)
    let name = BatchName(stream: Self.live, sequence: 1)
    #expect(ledger.nacked(Self.nack(1, .fork, expected: 3), nowMs: 0) == [.move(name)])
    ledger.remove(name)
    var skip = Self.batch(2)
    skip.isSkip = true
    ledger.replace(in: Self.live, with: skip)
    #expect(ledger.nacked(Self.nack(2, .fork, expected: 3), nowMs: 0) == [])
    #expect(ledger.unackedCount == 0)
  }

  @Test func `another agent's batch ends the session`() {
    var ledger = Self.ledger(1)
    _ = Self.sendAll(&ledger)
    guard
      case .closeSession = ledger.nacked(Self.nack(1, .wrongAgent, expected: 1), nowMs: 0).first
    else {
      Issue.record("must close")
      return
    }
  }

  @Test func `a stream that went on elsewhere is sent again and followed by a new one`() {
    for (committed, digest) in [(9, BatchDigest.unknown), (2, BatchDigest(5))]
      as [(UInt64, BatchDigest)]
    {
      var ledger = StreamLedger(live: Self.live, nowMs: 0)
      for sequence in 1...3 { ledger.append(Self.batch(UInt64(sequence))) }
      let reactions = ledger.welcomed(
        [.init(id: Self.live, committed: committed, digest: digest)], credit: Self.generous
      ) { $0.sequence == 2 ? BatchDigest(6) : nil }
      #expect(reactions == [.openLive])
      ledger.openLive(Self.old, nowMs: 0)
      // One after another: an ack says how far the other history is, and covers one batch of this.
      for sequence in 1...3 as ClosedRange<UInt64> {
        #expect(Self.sendAll(&ledger).map(\.sequence) == [sequence])
        let ack = Ack(stream: Self.live, committed: 9, credit: Self.generous, rejected: 0)
        #expect(ledger.acked(ack) == [.acked(Self.live, sequence)])
        #expect(ledger.acked(ack) == [])
        #expect(ledger.unackedCount == 3 - Int(sequence))
      }
    }
  }

  @Test func `a new session does not make another history this one`() {
    var ledger = StreamLedger(live: Self.live, nowMs: 0)
    for sequence in 1...3 { ledger.append(Self.batch(UInt64(sequence))) }
    for committed in [9, 2] as [UInt64] {
      _ = ledger.welcomed(
        [.init(id: Self.live, committed: committed, digest: .unknown)], credit: Self.generous
      ) { _ in nil }
      #expect(ledger.unackedCount == 3)
      #expect(Self.sendAll(&ledger).map(\.sequence) == [1])
    }
  }

  @Test func `an ack tells of batches behind it that were moved`() {
    var ledger = Self.ledger(3)
    _ = Self.sendAll(&ledger)
    #expect(ledger.remove(BatchName(stream: Self.live, sequence: 2)) == 0)
    #expect(
      ledger.acked(Ack(stream: Self.live, committed: 1, credit: Self.generous, rejected: 0))
        == [.acked(Self.live, 2)])
    #expect(ledger.remove(BatchName(stream: Self.live, sequence: 3)) == 3)
  }

  @Test func `a collector that lags behind is fed again`() {
    var ledger = Self.ledger(5)
    _ = ledger.acked(Ack(stream: Self.live, committed: 4, credit: Self.generous, rejected: 0))
    let reactions = ledger.welcomed(
      [.init(id: Self.live, committed: 2, digest: .unknown)], credit: Self.generous
    ) { _ in nil }
    #expect(reactions == [.restore(Self.live, from: 3, through: 4)])
  }

  @Test func `a skip stands for all that it covers`() {
    var ledger = Self.ledger(6)
    var skip = Self.batch(4, bytes: 160)
    skip.first = 2
    skip.isSkip = true
    ledger.replace(in: Self.live, with: skip)
    #expect(Self.sendAll(&ledger).map(\.sequence) == [1, 4, 5, 6])
    #expect(ledger.batches(of: Self.live).map(\.first) == [1, 2, 5, 6])
  }

  @Test func `the watermark's floor is the oldest batch of this process that is not acked`() {
    var ledger = StreamLedger(live: Self.live, nowMs: 0)
    var foreign = Self.batch(1, atMs: 5)
    foreign.isOfThisBoot = false
    ledger.adopt(Self.old, [foreign], lastAssigned: 1)
    ledger.append(Self.batch(1, atMs: 70))
    ledger.append(Self.batch(2, atMs: 60))
    _ = ledger.welcomed([], credit: Self.generous) { _ in nil }
    #expect(ledger.unackedFloorMs == 59)
    _ = Self.sendAll(&ledger)
    #expect(ledger.unackedFloorMs == 59)
    _ = ledger.acked(Ack(stream: Self.live, committed: 1, credit: Self.generous, rejected: 0))
    #expect(ledger.unackedFloorMs == 59)
    _ = ledger.acked(Ack(stream: Self.live, committed: 2, credit: Self.generous, rejected: 0))
    #expect(ledger.unackedFloorMs == nil)
  }

  @Test func `a skip holds the watermark as what it covers did`() {
    var ledger = StreamLedger(live: Self.live, nowMs: 0)
    var foreign = Self.batch(1, atMs: 5)
    foreign.isOfThisBoot = false
    ledger.adopt(Self.old, [foreign], lastAssigned: 1)
    var own = Self.batch(1, atMs: 70)
    own.floorMs = 40
    ledger.append(own)
    var skip = Self.batch(1, atMs: 5)
    skip.isSkip = true
    ledger.replace(in: Self.old, with: skip)
    #expect(ledger.unackedFloorMs == 40)
    ledger.replace(in: Self.live, with: skip)
    #expect(ledger.unackedFloorMs == 40)
  }

  @Test func `whatever a collector answers, nothing is lost but by its own ack`() async {
    for seed in 0..<100 as Range<UInt64> {
      await Task.yield()
      var generator = SeededGenerator(seed: seed)
      var ledger = StreamLedger(live: Self.live, nowMs: 0)
      var nowMs: Int64 = 0
      var acked: UInt64 = 0
      var made: UInt64 = 0
      for _ in 0..<500 {
        nowMs += Int64.random(in: 0...200, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<3:
          made += 1
          ledger.append(Self.batch(made, atMs: nowMs))
        case 3..<6:
          if let name = ledger.toSend(nowMs: nowMs) { ledger.sent(name, nowMs: nowMs) }
        case 6:
          acked = min(made, acked + UInt64.random(in: 0...2, using: &generator))
          _ = ledger.acked(
            Ack(stream: Self.live, committed: acked, credit: Self.generous, rejected: 0))
        case 7:
          let code: Nack.Code = Bool.random(using: &generator) ? .gap : .busy
          let sequence = UInt64.random(in: 1...max(1, made), using: &generator)
          _ = ledger.nacked(Self.nack(sequence, code, expected: acked + 1), nowMs: nowMs)
        case 8:
          ledger.sessionEnded()
        default:
          _ = ledger.welcomed(
            [.init(id: Self.live, committed: acked, digest: .unknown)], credit: Self.generous
          ) { _ in nil }
        }
        let left = ledger.batches(of: Self.live).map(\.sequence)
        #expect(left == (acked < made ? Array(acked + 1...made) : []))
        #expect(ledger.outstandingCount <= 8)
      }
    }
  }
}
