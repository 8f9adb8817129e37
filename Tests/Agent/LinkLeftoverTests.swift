import Link
import Linux
import Model
import Synchronization
import Testing
import Wire

@Suite(.serialized) struct LinkLeftoverTests {
  private static let failed = Outcome.failed(Failure(.timeout, detail: "slow"))

  @Test func `a batch that was moved to another stream is not sent again by the next process`()
    async throws
  {
    let rig = try LinkRig()
    let forked = Mutex<StreamID?>(nil)
    rig.collector.change {
      $0.reply = { header in
        forked.withLock { forked in
          if forked == nil { forked = header.stream }
          return forked == header.stream ? .nack(.fork) : .store
        }
      }
    }
    try rig.start()
    let first = rig.probe(1, Self.failed)
    await rig.collector.wait("the moved record") { $0.records.count == 1 }
    #expect(await rig.stop() == .stopped(unacked: 0))
    try rig.start()
    let second = rig.probe(2, Self.failed)
    await rig.collector.wait("the next record") { $0.records.contains(second) }
    #expect(await rig.stop() == .stopped(unacked: 0))
    let memory = rig.collector.memory.withLock { $0 }
    #expect(memory.records == [first, second])
    #expect(memory.auths.last?.streams.count == 1)
  }

  @Test func `batches of another agent are put aside and never sent`() async throws {
    let rig = try LinkRig()
    let own = try rig.state.identity()
    var other = own
    other.agent = AgentID(high: 77, low: 78)
    try rig.state.save(other)
    rig.collector.change { $0.refusal = End(.overload, message: "") }
    try rig.start()
    rig.probe(1, Self.failed)
    #expect(await rig.stop(withinMs: 100) == .stopped(unacked: 1))
    try rig.state.save(own)
    rig.collector.change { $0.refusal = nil }
    for round in 1...2 {
      try rig.start()
      let mine = rig.probe(2, Self.failed)
      await rig.collector.wait("a record") { $0.records.last == mine }
      #expect(await rig.stop() == .stopped(unacked: 0))
      let memory = rig.collector.memory.withLock { $0 }
      #expect(memory.records.count == round)
      #expect(memory.auths.last?.streams.count == 1)
    }
    #expect(try Files.names(in: rig.state.spoolPath + "/quarantine").count == 1)
  }
}
