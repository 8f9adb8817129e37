import Model
import Postgres
import Store
import TestSupport
import Testing
import Wire

@Suite struct ResultRowEncoderTests {
  @Test func `a record becomes the row that it says, absent fields NULL`() async throws {
    let scene = try IngestScene()
    let place = scene.place(1)
    var encoder = ResultRowEncoder(
      streamKey: scene.stream, sequence: 1, agentKey: scene.agent, rows: 1)
    var record = RawRecord()
    record.flags =
      RecordFlag.phases | RecordFlag.status | RecordFlag.failure
      | RecordFlag.certificate
    record.total = 12_345
    record.dns = 1
    record.connect = 2
    record.tls = 3
    record.firstByte = 4
    record.status = 503
    record.failureClass = 6
    record.curlCode = 22
    record.certificateDays = -3
    let now = Timestamp.now().milliseconds
    encoder.append(
      record, index: 0, startedAtMs: now, monitorKey: scene.monitor,
      organizationID: scene.organization)
    var bare = RawRecord()
    bare.flags = RecordFlag.ok
    bare.total = .max
    encoder.append(
      bare, index: 1, startedAtMs: now, monitorKey: scene.monitor,
      organizationID: scene.organization)
    #expect(encoder.rowCount == 2)
    let results = IngestBatch.Results(rows: encoder.finish())
    #expect(await scene.send(place, .results(results)) == .committed(upTo: 1))
    let rows = Array(
      try scene.database.connect().query(
        """
        SELECT monitor_key, started_at, stream_key, sequence, organization_id, agent_key, total_us,
          dns_us, connect_us, tls_us, first_byte_us, certificate_days, outcome, status,
          reason, curl_code
        FROM result ORDER BY record_index
        """))
    let (first, second) = (rows[0], rows[1])
    #expect(try first.get("monitor_key", as: Int64.self) == scene.monitor)
    #expect(try first.get("started_at", as: Timestamp.self) == Timestamp(milliseconds: now))
    #expect(try first.get("stream_key", as: Int64.self) == scene.stream)
    #expect(try first.get("organization_id", as: Int32.self) == scene.organization)
    #expect(try first.get("agent_key", as: Int32.self) == scene.agent)
    #expect(try first.get("total_us", as: Int32.self) == 1_234_500)
    let phases = try (8...11).map { try first.get($0 - 1, as: Int32.self) }
    #expect(phases == [100, 200, 300, 400])
    #expect(try first.get("certificate_days", as: Int32.self) == -3)
    #expect(try first.get("outcome", as: Int16.self) == ResultOutcome.failedAttributable.rawValue)
    #expect(try first.get("status", as: Int16.self) == 503)
    #expect(try first.get("reason", as: Int16.self) == 600)
    #expect(try first.get("curl_code", as: Int16.self) == 22)
    #expect(try second.get("total_us", as: Int32.self) == .max)
    #expect(try second.get("outcome", as: Int16.self) == 0)
    for column in ["dns_us", "first_byte_us", "certificate_days"] {
      #expect(try second.get(column, as: Int32?.self) == nil)
    }
    for column in ["status", "reason", "curl_code"] {
      #expect(try second.get(column, as: Int16?.self) == nil)
    }
  }

  @Test func `an encoder that was given too little room grows`() {
    var encoder = ResultRowEncoder(streamKey: 1, sequence: 1, agentKey: 1, rows: 1)
    for index in 0..<1000 {
      var fields = ResultRowEncoder.Fields()
      fields.recordIndex = Int16(index)
      encoder.append(fields)
    }
    let rows = encoder.finish()
    #expect(rows.rowCount == 1000)
    #expect(rows.bytes.count % 1000 == 0)
  }

  @Test(arguments: FailureClass.allCases)
  func `every failure class counts as the protocol says`(_ failureClass: FailureClass) {
    let outcome = ResultOutcome(flags: RecordFlag.failure, failureClass: failureClass.rawValue)
    let expected: ResultOutcome =
      switch failureClass.standing {
      case .attributable: .failedAttributable
      case .ambiguous: .failedAmbiguous
      case .unknown: .unknown
      }
    #expect(outcome == expected)
  }

  @Test func `what is up or degraded says so`() {
    #expect(ResultOutcome(flags: RecordFlag.ok, failureClass: 3) == .up)
    #expect(ResultOutcome(flags: RecordFlag.ok | RecordFlag.degraded, failureClass: 0) == .degraded)
    #expect(ResultOutcome(flags: RecordFlag.failure, failureClass: 200) == .unknown)
  }
}
