import Model
import Postgres
import Store
import TestSupport
import Testing
import Wire

@Suite struct IngestTests {
  @Test func `given batches in order, then every row is stored once and acknowledged`() async throws
  {
    let scene = try IngestScene()
    for sequence in 1...5 as ClosedRange<Int64> {
      #expect(await scene.send(sequence) == .committed(upTo: sequence))
    }
    #expect(try scene.storedRows == 15)
    #expect(try scene.committed == 5)
  }

  @Test func `given a replay, then nothing is stored twice and it is acknowledged`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    #expect(await scene.send(2) == .committed(upTo: 2))
    #expect(await scene.send(1) == .duplicate(committed: 2))
    #expect(await scene.send(2) == .duplicate(committed: 2))
    #expect(try scene.storedRows == 6)
  }

  @Test func `given another batch of a stored sequence, then it is a fork`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1, digest: 10) == .committed(upTo: 1))
    #expect(await scene.send(1, digest: 11) == .fork(committed: 1))
    #expect(try scene.storedRows == 3)
  }

  @Test func `given a missing batch, then what follows is a gap`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    #expect(await scene.send(3) == .gap(committed: 1))
    #expect(await scene.send(2) == .committed(upTo: 2))
    #expect(await scene.send(3) == .committed(upTo: 3))
    #expect(try scene.storedRows == 9)
  }

  @Test func `given a newer session, then the old one stores nothing`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    try scene.database.connect().execute("UPDATE agent_session SET generation = 2")
    #expect(await scene.send(2) == .fenced)
    #expect(await scene.send(2, generation: 2) == .committed(upTo: 2))
    #expect(try scene.storedRows == 6)
  }

  @Test func `given a stream of another agent, then the session ends and nothing is stored`()
    async throws
  {
    let scene = try IngestScene()
    let other = try scene.database.addAgent(name: "other")
    let place = scene.place(1, agent: other)
    #expect(await scene.send(place, .results(scene.rows(place, count: 1))) == .unknown)
    #expect(try scene.storedRows == 0)
  }

  @Test func `given a skip, then the hole is passed and announced`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    let skip = Skip(first: 2, results: 40, fromMs: 1, toMs: 2, reason: .space)
    #expect(await scene.send(scene.place(6), .skip(skip)) == .committed(upTo: 6))
    #expect(await scene.send(scene.place(6), .skip(skip)) == .duplicate(committed: 6))
    let beyond = Skip(first: 9, results: 1, fromMs: 1, toMs: 2, reason: .space)
    #expect(await scene.send(scene.place(9), .skip(beyond)) == .gap(committed: 6))
    #expect(await scene.send(7) == .committed(upTo: 7))
    #expect(try scene.database.value("SELECT results FROM ingest_skip", as: Int64.self) == 40)
  }

  @Test func `given a hundred batches at once, then they are grouped and each is answered`()
    async throws
  {
    let scene = try IngestScene()
    let outcomes = await withTaskGroup(of: Void.self, returning: [IngestOutcome].self) { _ in
      await withCheckedContinuation { continuation in
        let collected = Collector<IngestOutcome>(count: 100) { continuation.resume(returning: $0) }
        for sequence in 1...100 as ClosedRange<Int64> {
          let place = scene.place(sequence)
          scene.writer.submit(
            IngestBatch(
              place: place, header: scene.header(digest: 1),
              content: .results(scene.rows(place, count: 2))
            ) { collected.add($0) })
        }
      }
    }
    #expect(outcomes == (1...100).map { IngestOutcome.committed(upTo: $0) })
    #expect(try scene.storedRows == 200)
    let transactions = try scene.database.value(
      "SELECT count(DISTINCT received_at) FROM ingest_batch", as: Int64.self)
    #expect(transactions < 50)
  }

  @Test func `given a poisoned batch in a group, then the others are stored and it is refused`()
    async throws
  {
    let scene = try IngestScene()
    let other = try scene.database.addAgent(name: "other")
    let otherStream = try scene.database.addStream(agentKey: other)
    let longAgo = Timestamp(microseconds: 0)
    // Both go to one writer, so that they may meet in one group.
    let bad = scene.place(1)
    let good = scene.place(1, agent: other, stream: otherStream)
    async let refused = scene.send(bad, .results(scene.rows(bad, count: 2, startedAt: longAgo)))
    async let stored = scene.send(good, .results(scene.rows(good, count: 2)))
    guard case .refused = await refused else {
      Issue.record("a row outside every partition was not refused")
      return
    }
    #expect(await stored == .committed(upTo: 1))
    #expect(try scene.storedRows == 2)
    #expect(await scene.send(2) == .gap(committed: 0))
    let skip = Skip(first: 1, results: 2, fromMs: 0, toMs: 0, reason: .refused)
    #expect(await scene.send(scene.place(1), .skip(skip)) == .committed(upTo: 1))
    #expect(await scene.send(2) == .committed(upTo: 2))
  }

  @Test func `given a day without a partition, then it is made and the batch is stored`()
    async throws
  {
    let scene = try IngestScene()
    let connection = try scene.database.connect()
    let name = try scene.database.value(
      "SELECT 'result_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')", as: String.self)
    try connection.execute(SQL(verbatim: "DROP TABLE \(name)"))
    #expect(await scene.send(1) == .committed(upTo: 1))
    #expect(try scene.storedRows == 3)
  }

  @Test func `given texts with U+0000 and every other oddity, then they are stored`() async throws {
    let scene = try IngestScene()
    let place = scene.place(1)
    var results = scene.rows(place, count: 1)
    let text = "a\u{0}b\r\n'\"\\ \u{202E} \u{1B}[31m"
    results.details = [
      IngestBatch.Detail(
        monitorKey: scene.monitor, organizationID: scene.organization,
        startedAtMs: Timestamp.now().milliseconds, index: 0, text: text)
    ]
    results.rejects = [IngestBatch.Reject(index: 4, reason: "age\u{0}")]
    var observation = scene.observation(.failedAmbiguous)
    observation.detail = text
    results.observations = [observation]
    #expect(await scene.send(place, .results(results)) == .committed(upTo: 1))
    let stored = try scene.database.value("SELECT detail FROM result_evidence", as: String.self)
    #expect(stored == text.replacing("\u{0}", with: "\u{FFFD}"))
    let logged = try scene.database.value(
      "SELECT payload->>'detail' FROM quorum_event", as: String.self)
    #expect(logged == stored)
    #expect(try scene.database.value("SELECT rejected FROM ingest_batch", as: Int32.self) == 1)
  }

  @Test func `given evidence, then its parts are stored under the organization of their record`()
    async throws
  {
    let scene = try IngestScene()
    let id: StreamID = try scene.database.value("SELECT id FROM ingest_stream")
    var failure = scene.rows(scene.place(1), count: 2)
    failure.details = [
      IngestBatch.Detail(
        monitorKey: scene.monitor, organizationID: scene.organization,
        startedAtMs: Timestamp.now().milliseconds, index: 1, text: "refused")
    ]
    #expect(await scene.send(scene.place(1), .results(failure)) == .committed(upTo: 1))
    func part(_ stream: StreamID, _ sequence: Int64, _ index: Int32) -> IngestBatch.EvidencePart {
      IngestBatch.EvidencePart(
        stream: stream, sequence: sequence, index: index, kind: 4, content: [0, 255])
    }
    let own = try scene.database.addStream(agentKey: scene.agent)
    let parts = [part(id, 1, 1), part(id, 1, 0), part(id, 2, 1), part(.random(), 1, 1)]
    #expect(
      await scene.send(scene.place(1, stream: own), .evidence(parts)) == .committed(upTo: 1))
    #expect(
      try scene.database.value("SELECT content FROM evidence_part", as: [UInt8].self) == [0, 255])
    #expect(
      try scene.database.value("SELECT organization_id FROM evidence_part") == scene.organization)
    let refused: [Int16] = try scene.database.value(
      "SELECT array_agg(index ORDER BY index) FROM ingest_reject WHERE reason = 'record'")
    #expect(refused == [1, 2, 3])

    // Another agent has nothing to say about it.
    let stranger = try scene.database.addAgent(name: "stranger")
    let foreign = try scene.database.addStream(agentKey: stranger)
    let place = scene.place(1, agent: stranger, stream: foreign)
    #expect(await scene.send(place, .evidence([part(id, 1, 1)])) == .committed(upTo: 1))
    #expect(try scene.database.value("SELECT count(*) FROM evidence_part") == Int64(1))
  }

  @Test func `given evidence of a late good answer, then its slot and start find its record`()
    async throws
  {
    let scene = try IngestScene()
    let id: StreamID = try scene.database.value("SELECT id FROM ingest_stream")
    let slot: Int64 = try scene.database.value("SELECT slot FROM monitor")
    // The clock of this batch is 7 ms behind.
    let start = Timestamp.now().milliseconds / 1000 * 1000
    let late = scene.place(1)
    let rows = scene.rows(late, count: 2, startedAt: Timestamp(milliseconds: start + 7))
    #expect(await scene.send(late, .results(rows)) == .committed(upTo: 1))
    func part(
      _ index: Int32, _ record: EvidenceRecord, kind: Int16 = 4, bytes: Int = 2
    )
      -> IngestBatch.EvidencePart
    {
      IngestBatch.EvidencePart(
        stream: id, sequence: 1, index: index, kind: kind,
        content: [UInt8](repeating: 7, count: bytes), record: record)
    }
    let right = EvidenceRecord(slot: UInt64(slot), startedAtMs: start)
    let parts = [
      part(0, right),
      part(1, EvidenceRecord(slot: UInt64(slot) + 1, startedAtMs: start)),
      part(1, EvidenceRecord(slot: UInt64(slot), startedAtMs: start + 1)),
      part(2, right),
      part(0, right),
      part(0, right, kind: 33),
      part(0, right, kind: 3, bytes: 16_385),
      part(1, EvidenceRecord(slot: .max, startedAtMs: .max)),
    ]
    let own = try scene.database.addStream(agentKey: scene.agent)
    #expect(
      await scene.send(scene.place(1, stream: own), .evidence(parts)) == .committed(upTo: 1))
    let stored = try scene.database.connect().query(
      "SELECT monitor_key, organization_id, record_index FROM evidence_part")
    #expect(stored.count == 1)
    #expect(try stored.first?.get(0) == scene.monitor)
    #expect(try stored.first?.get(1) == scene.organization)
    let refused: [String] = try scene.database.value(
      "SELECT array_agg(index || ' ' || reason ORDER BY index) FROM ingest_reject")
    #expect(
      refused == [
        "1 record", "2 record", "3 record", "4 again", "5 kind", "6 size", "7 record",
      ])

    // Other parts of the same piece may come in a batch of their own.
    let more = [part(0, right, kind: 8), part(0, right, kind: 6), part(0, right)]
    #expect(
      await scene.send(scene.place(2, stream: own), .evidence(more)) == .committed(upTo: 2))
    let kinds: [Int16] = try scene.database.value(
      "SELECT array_agg(kind ORDER BY kind) FROM evidence_part")
    #expect(kinds == [4, 6, 8])
  }

  @Test func `given more evidence of a monitor in an hour than is kept, then the rest is refused`()
    async throws
  {
    let scene = try IngestScene()
    let id: StreamID = try scene.database.value("SELECT id FROM ingest_stream")
    let slot: Int64 = try scene.database.value("SELECT slot FROM monitor")
    let start = Timestamp.now().milliseconds / 3_600_000 * 3_600_000
    let place = scene.place(1)
    let rows = scene.rows(place, count: 40, startedAt: Timestamp(milliseconds: start + 7))
    #expect(await scene.send(place, .results(rows)) == .committed(upTo: 1))
    let own = try scene.database.addStream(agentKey: scene.agent)
    for (sequence, indexes) in [(1, 0..<20), (2, 15..<40)] as [(Int64, Range<Int32>)] {
      let parts = indexes.flatMap { index in
        [1, 4].map { kind in
          IngestBatch.EvidencePart(
            stream: id, sequence: 1, index: index, kind: kind, content: [7],
            record: EvidenceRecord(slot: UInt64(slot), startedAtMs: start))
        }
      }
      #expect(
        await scene.send(scene.place(sequence, stream: own), .evidence(parts))
          == .committed(upTo: sequence))
    }
    let pieces: Int64 = try scene.database.value(
      "SELECT count(DISTINCT record_index) FROM evidence_part")
    #expect(20...24 ~= pieces)
    #expect(
      try scene.database.value("SELECT count(*) FROM evidence_part") == pieces * 2)
  }
}
