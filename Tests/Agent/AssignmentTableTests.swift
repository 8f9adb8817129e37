import AgentCore
import Model
import Testing
import Wire

@Suite struct AssignmentTableTests {
  private static func target(
    _ slot: UInt64, _ url: String = "http://example.org/"
  ) -> AssignedTarget {
    AssignedTarget(
      slot: slot, monitor: MonitorID(high: 1, low: slot), intervalSeconds: 60, timeoutMs: 10_000,
      phaseMs: 500, question: .check(.http(HTTPCheck(url: url))))
  }

  private static func take(
    _ table: inout AssignmentTable, full: AssignFull
  ) throws -> AssignmentTable.Change {
    try full.encoded().withUnsafeBytes { try table.takeFull($0) }
  }

  private static func take(
    _ table: inout AssignmentTable, delta: AssignDelta
  ) throws -> AssignmentTable.Change {
    try delta.encoded().withUnsafeBytes { try table.takeDelta($0) }
  }

  @Test func `parts take effect together`() throws {
    var table = AssignmentTable()
    let parts = [
      AssignFull(revision: 4, part: 0, parts: 2, targets: [Self.target(2)]),
      AssignFull(revision: 4, part: 1, parts: 2, targets: [Self.target(1)]),
    ]
    #expect(try Self.take(&table, full: parts[0]) == .incomplete)
    #expect(table.revision == 0)
    #expect(try Self.take(&table, full: parts[1]) == .applied)
    #expect(table.revision == 4)
    #expect(table.targets == [Self.target(1), Self.target(2)])
  }

  @Test func `a part out of order asks for all again`() throws {
    var table = AssignmentTable()
    let last = AssignFull(revision: 4, part: 1, parts: 2, targets: [])
    #expect(try Self.take(&table, full: last) == .needFull)
  }

  @Test func `a delta applies to its base alone`() throws {
    var table = AssignmentTable()
    _ = try Self.take(
      &table,
      full: AssignFull(
        revision: 4, part: 0, parts: 1, targets: [Self.target(1), Self.target(2)]))
    let delta = AssignDelta(
      baseRevision: 4, revision: 5, upserts: [Self.target(3)], removals: [1, 77])
    #expect(try Self.take(&table, delta: delta) == .applied)
    #expect(table.targets.map(\.slot) == [2, 3])
    #expect(try Self.take(&table, delta: delta) == .needFull)
    #expect(table.revision == 5)
  }

  @Test func `what is kept on disk is what came, also what was not understood`() throws {
    var table = AssignmentTable()
    var writer = ByteWriter()
    writer.uint64(9)
    for number in [0, 1, 1] as [UInt64] { writer.varint(number) }
    writer.varint(UInt64(7))
    writer.identifier(MonitorID(high: 1, low: 7))
    writer.uint8(1)
    writer.varint(UInt64(60))
    writer.varint(UInt64(9_000))
    writer.lengthPrefixed([1, 40, 1, 9])
    #expect(try writer.bytes.withUnsafeBytes { try table.takeFull($0) } == .applied)
    guard case .notUnderstood = table.targets.first?.question else {
      Issue.record("option 40 is not known")
      return
    }
    #expect(table.encoded() == writer.bytes)
    var again = AssignmentTable()
    #expect(try table.encoded().withUnsafeBytes { try again.takeFull($0) } == .applied)
    #expect(again.encoded() == writer.bytes)
  }

  @Test func `a body that does not decode changes nothing`() throws {
    var table = AssignmentTable()
    _ = try Self.take(
      &table, full: AssignFull(revision: 4, part: 0, parts: 1, targets: [Self.target(1)]))
    let body = AssignFull(revision: 5, part: 0, parts: 1, targets: [Self.target(2)]).encoded()
    for end in 0..<body.count {
      #expect(throws: WireError.self) {
        try body[..<end].withUnsafeBytes { try table.takeFull($0) }
      }
    }
    #expect(table.revision == 4)
    #expect(table.holds(1))
  }
}
