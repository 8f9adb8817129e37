import Rollup
import Wire

extension CopyRows {
  /// Appends what its rows add to the rollups, read from the tuples (`ResultRowEncoder`).
  func writeShares(into writer: inout ByteWriter) {
    // Each value stands behind an int4 with its length: monitor at 6, start at 18, stream, sequence,
    // organization at 54, agent, total at 70.
    var tuple = 0
    for _ in 0..<rowCount {
      let startedAtUs = integer(tuple + 18, Int64.self) &+ 946_684_800_000_000
      let minute = startedAtUs / 60_000_000 - (startedAtUs % 60_000_000 < 0 ? 1 : 0)
      // What comes behind total_us may be NULL, and then has a length only.
      var field = tuple + 74
      for _ in 0..<5 { field = next(field) }
      field = next(field)
      ResultShare(
        monitor: integer(tuple + 6, Int64.self), organization: integer(tuple + 54, Int32.self),
        minute: minute, outcome: Self.outcome(integer(field + 4, Int16.self)),
        latencyUs: UInt64(max(0, integer(tuple + 70, Int32.self)))
      ).write(into: &writer)
      for _ in 0..<4 { field = next(field) }
      tuple = field
    }
  }

  private func next(_ field: Int) -> Int { field + 4 + max(0, Int(integer(field, Int32.self))) }

  private func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, _ type: Value.Type
  ) -> Value {
    Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  private static func outcome(_ number: Int16) -> ResultShare.Outcome {
    switch ResultOutcome(rawValue: number) {
    case .up: .up
    case .degraded: .degraded
    case .failedAttributable, .failedAmbiguous: .down
    case .unknown, nil: .unknown
    }
  }
}
