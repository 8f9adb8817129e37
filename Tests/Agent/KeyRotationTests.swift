import AgentCore
import Link
import Linux
import Model
import OpenSSL
import Signing
import Spool
import Synchronization
import Testing
import Wire

/// A key changes while results flow, and what may be lost on the way.
@Suite(.serialized) struct KeyRotationTests {
  private static let failed = Outcome.failed(Failure(.timeout, detail: "slow"))

  private func keyIDs(_ rig: LinkRig) -> [UInt32] {
    ((try? rig.state.identity())?.keys ?? []).map(\.id)
  }

  private func waitForKeys(_ rig: LinkRig, _ ids: [UInt32]) async {
    let state = rig.state
    await poll { (try? state.identity())?.keys.map(\.id) == ids }
    #expect(keyIDs(rig) == ids)
  }

  /// Ends the live session, which comes back.
  private func dismiss(_ rig: LinkRig) {
    rig.collector.send(GoAway(End(.shutdown, message: "")))
  }

  private func expectAll(
    _ rig: LinkRig, _ made: [ProbeRecord], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let memory = rig.collector.memory.withLock { $0 }
    #expect(Set(memory.records) == Set(made), sourceLocation: sourceLocation)
    #expect(memory.records.count == made.count, sourceLocation: sourceLocation)
    #expect(memory.skips.isEmpty, sourceLocation: sourceLocation)
    #expect(memory.problems.isEmpty, sourceLocation: sourceLocation)
  }

  @Test func `a rotated key is stored, proven, and signs from the next session on`() async throws {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    try rig.collector.rotate()
    await rig.collector.wait("the answer") { $0.keys.pending != nil }
    #expect(keyIDs(rig) == [2, 1])
    rig.collector.change { $0.reply = { _ in .hangUp } }
    let made = rig.probe(1, Self.failed)
    await rig.collector.wait("the new key") { $0.keyID == 2 }
    rig.collector.change { $0.reply = { _ in .store } }
    let later = rig.probe(2, Self.failed)
    await rig.collector.wait("the records") { $0.records.count >= 2 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    #expect(keyIDs(rig) == [2])
    expectAll(rig, [made, later])
  }

  @Test func `results that flow while keys rotate all arrive, once`() async throws {
    let rig = try LinkRig()
    try rig.start()
    var made: [ProbeRecord] = []
    for round in 1...4 as ClosedRange<UInt32> {
      await rig.collector.wait("a session") { $0.sessions == round }
      try rig.collector.rotate()
      await rig.collector.wait("the answer") { $0.keys.pending?.id == round + 1 }
      rig.collector.change { $0.holdsWelcome = true }
      for slot in 1...5 as ClosedRange<UInt64> {
        made.append(rig.probe(UInt64(round) * 100 + slot, Self.failed))
      }
      dismiss(rig)
      await rig.collector.wait("AUTH") { $0.authsSeen == round + 1 }
      for slot in 6...9 as ClosedRange<UInt64> {
        let before = spoolBytes(rig)
        made.append(rig.probe(UInt64(round) * 100 + slot, Self.failed))
        await waitForSpool(rig, above: before)
      }
      rig.collector.change { $0.holdsWelcome = false }
      let count = made.count
      await rig.collector.wait("the records of round \(round)") { $0.records.count >= count }
      await waitForKeys(rig, [round + 1])
    }
    #expect(await rig.stop() == .stopped(unacked: 0))
    expectAll(rig, made)
    #expect(rig.collector.memory.withLock { $0.keyID } == 5)
  }

  /// Bytes of all segments.
  private func spoolBytes(_ rig: LinkRig) -> Int { Self.spoolBytes(rig.state.spoolPath) }

  private static func spoolBytes(_ path: String) -> Int {
    var bytes = 0
    for stream in (try? Files.names(in: path)) ?? [] where stream.utf8.count == 36 {
      for file in (try? Files.names(in: path + "/" + stream)) ?? [] {
        bytes += ((try? Files.status(of: "\(path)/\(stream)/\(file)")) ?? nil)?.size ?? 0
      }
    }
    return bytes
  }

  private func waitForSpool(_ rig: LinkRig, above bytes: Int) async {
    let path = rig.state.spoolPath
    await poll(seconds: 5) { Self.spoolBytes(path) > bytes }
    #expect(spoolBytes(rig) > bytes)
  }

  @Test func `results sealed between AUTH and WELCOME of a new key are signed anew`() async throws {
    let rig = try LinkRig()
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    try rig.collector.rotate()
    await rig.collector.wait("the answer") { $0.keys.pending != nil }
    rig.collector.change { $0.holdsWelcome = true }
    dismiss(rig)
    await rig.collector.wait("AUTH") { $0.authsSeen == 2 }
    let before = spoolBytes(rig)
    let request = ProbeRequestID(high: 4, low: 4)
    let made = rig.probe(1, Self.failed, request: request)
    await waitForSpool(rig, above: before)
    rig.collector.change { $0.holdsWelcome = false }
    await rig.collector.wait("the record") { !$0.records.isEmpty || !$0.skips.isEmpty }
    let later = rig.probe(2, Self.failed)
    await rig.collector.wait("a later record") { $0.records.contains(later) }
    #expect(await rig.stop() == .stopped(unacked: 0))
    expectAll(rig, [made, later])
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.badSignatures == 1)
    #expect((try? Files.names(in: rig.state.spoolPath + "/quarantine")) ?? [] == [])
    // What it was announced by names it still.
    let done = try #require(memory.done.first)
    let body = memory.bodies[BatchName(stream: done.stream, sequence: done.sequence)]
    #expect(body != nil && memory.committed.count == 1)
  }

  @Test func `an answer that a collector forgot does not end rotation`() async throws {
    let rig = try LinkRig()
    rig.collector.change { $0.keys.forgottenAnswers = 2 }
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    for left in [1, 0] {
      try rig.collector.rotate()
      await rig.collector.wait("an answer") { $0.keys.forgottenAnswers == left }
    }
    let made = rig.probe(1, Self.failed)
    await rig.collector.wait("the record") { $0.records.contains(made) }
    try rig.collector.rotate()
    await rig.collector.wait("the answer that counts", seconds: 10) { $0.keys.pending != nil }
    dismiss(rig)
    await waitForKeys(rig, [2])
    #expect(await rig.stop() == .stopped(unacked: 0))
    expectAll(rig, [made])
  }

  @Test func `an answer lost with its connection loses no result of this start or the next`()
    async throws
  {
    let rig = try LinkRig()
    rig.collector.change { $0.keys.lostAnswers = 1 }
    try rig.start()
    await rig.collector.wait("a session") { $0.sessions == 1 }
    try rig.collector.rotate()
    await rig.collector.wait("the loss") { $0.keys.lostAnswers == 0 }
    var made = [rig.probe(1, Self.failed)]
    await rig.collector.wait("a record under the old key", seconds: 20) { !$0.records.isEmpty }
    #expect(keyIDs(rig) == [2, 1])
    #expect(await rig.stop() == .stopped(unacked: 0))
    // What is sealed before the first WELCOME, and what the journal holds.
    rig.collector.change { $0.refusal = End(.overload, message: "") }
    do {
      let recovered = try Recovered(
        state: rig.state, identity: try rig.state.identity(), limits: .roomy, clock: AgentClock(),
        log: .none)
      made.append(record(2, at: 77_000, Self.failed))
      _ = recovered.journal.finished(made[1], running: -1, nowMs: 0)
    }
    try rig.start()
    let before = spoolBytes(rig)
    made.append(rig.probe(3, Self.failed))
    await waitForSpool(rig, above: before)
    rig.collector.change { $0.refusal = nil }
    await rig.collector.wait("the records", seconds: 20) { $0.records.count == 3 }
    try rig.collector.rotate()
    await rig.collector.wait("the answer", seconds: 10) { $0.keys.pending != nil }
    dismiss(rig)
    await waitForKeys(rig, [2])
    #expect(await rig.stop() == .stopped(unacked: 0))
    expectAll(rig, made)
    #expect(rig.collector.memory.withLock { $0.badSignatures } == 0)
  }

  @Test func `a skip and a batch of a key that is refused are both signed anew in their places`()
    async throws
  {
    let rig = try LinkRig()
    rig.collector.change { $0.refusal = End(.overload, message: "") }
    try rig.start()
    rig.probe(1, Self.failed)
    await waitForSpool(rig, above: 0)
    let before = spoolBytes(rig)
    let kept = rig.probe(2, Self.failed)
    await waitForSpool(rig, above: before)
    #expect(await rig.stop(withinMs: 100) == .stopped(unacked: 2))
    let stream = try #require(
      try Files.names(in: rig.state.spoolPath).first { $0.utf8.count == 36 })
    let file = rig.state.spoolPath + "/\(stream)/00000000000000000001.seg"
    var bytes = try #require(try Files.read(file))
    bytes[40] ^= 0xff
    try Files.replace(file, with: bytes)
    // The new key came into force, but no WELCOME told so, and what the old one signed is refused.
    var identity = try rig.state.identity()
    identity.keys.insert(.init(id: 2, root: [UInt8](repeating: 8, count: 32)), at: 0)
    try rig.state.save(identity)
    rig.collector.change {
      $0.keyID = 2
      $0.root = [UInt8](repeating: 8, count: 32)
      $0.refusal = nil
    }
    try rig.start()
    await rig.collector.wait("the batch", seconds: 20) { !$0.records.isEmpty }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records == [kept])
    #expect(memory.skips.map(\.skip.reason) == [.corrupt])
    #expect(memory.badSignatures == 2)
    #expect(keyIDs(rig) == [2])
  }

  @Test func `what a kept journal held and was delivered is not made again under another key`()
    async throws
  {
    let rig = try LinkRig()
    var made: [ProbeRecord] = []
    var stream = StreamID.zero
    do {
      let recovered = try Recovered(
        state: rig.state, identity: try rig.state.identity(), limits: .roomy, clock: AgentClock(),
        log: .none)
      stream = recovered.ledger.next.stream
      for slot in 1...2 as ClosedRange<UInt64> {
        made.append(record(slot, at: Int64(slot) * 1_000, Self.failed))
      }
      _ = recovered.journal.finished(made[0], running: -1, nowMs: 0)
      _ = recovered.journal.seal(as: recovered.ledger.next, stamp: Sample.stamp)
      _ = recovered.journal.finished(made[1], running: -1, nowMs: 0)
    }
    // A file where the stream's folder is to be: its batch waits in memory.
    let place = rig.state.spoolPath + "/\(stream)"
    try Files.replace(place, with: [1])
    try rig.start()
    await rig.collector.wait("the journal's records") { $0.records.count == 2 }
    _ = await rig.stop()
    #expect(try Files.status(of: rig.state.journalPath + ".old1") != nil)
    for name in try Files.names(in: rig.state.spoolPath) where name.utf8.count == 36 {
      ScratchFolder.remove(rig.state.spoolPath + "/" + name)
      try? Files.remove(rig.state.spoolPath + "/" + name)
    }
    var identity = try rig.state.identity()
    identity.keys = [.init(id: 2, root: [UInt8](repeating: 8, count: 32))]
    try rig.state.save(identity)
    rig.collector.change {
      $0.keyID = 2
      $0.root = identity.keys[0].root
    }
    try rig.start()
    made.append(rig.probe(9, Self.failed))
    let last = made[2]
    await rig.collector.wait("a later record") { $0.records.contains(last) }
    #expect(await rig.stop() == .stopped(unacked: 0))
    expectAll(rig, made)
    #expect(try Files.status(of: rig.state.journalPath + ".old1") == nil)
  }
}
