import Postgres
import Rollup
import Wire

/// What waits to be added to the rollups.
///
/// A row's content, one section a batch:
///
/// ```
/// version 1 (= 1) | (agent varint | shares varint | shares) ...
/// ```
enum RollupQueue {
  static let version: UInt8 = 1
  /// Rows that are taken at once.
  static let mostRows = 5000

  /// What one agent's results add.
  struct Section {
    var agentKey: Int32
    var shares: [ResultShare]
  }

  /// Part of the transaction that stores the batches: one row, however many they are.
  static func add(
    _ stored: [IngestBatch], _ pipeline: inout Pipeline
  ) throws(PostgresError) {
    var writer = ByteWriter(capacity: 1 + stored.reduce(0) { $0 + 8 + 14 * $1.rowCount })
    writer.uint8(version)
    var results = 0
    for batch in stored {
      guard case .results(let content) = batch.content, batch.rowCount > 0 else { continue }
      writer.varint(UInt64(UInt32(bitPattern: batch.place.agentKey)))
      writer.count(batch.rowCount)
      content.rows.writeShares(into: &writer)
      results += batch.rowCount
    }
    guard results > 0 else { return }
    try pipeline.add(
      "INSERT INTO rollup_queue (results, content) VALUES ($1, $2)", Int32(clamping: results),
      writer.bytes)
  }

  /// The rows that wait longest, until `most` results or ``mostRows`` are reached: to be removed by
  /// their ids in the transaction that adds them. Those of another version are a later collector's, and
  /// wait for it.
  static func take(
    most: Int64, _ connection: Connection
  ) throws(PostgresError) -> (ids: [Int64], contents: [[UInt8]]) {
    let rows = try connection.query(
      """
      SELECT id, content FROM (
        SELECT id, content, sum(results) OVER (ORDER BY id) - results AS before
        FROM (
          SELECT * FROM rollup_queue WHERE length(content) = 0 OR get_byte(content, 0) = $3
          ORDER BY id LIMIT $2
        ) AS first
      ) AS counted WHERE before < $1 ORDER BY id
      """, most, Int64(mostRows), Int32(version))
    var ids: [Int64] = []
    var contents: [[UInt8]] = []
    for row in rows {
      ids.append(try row.get(0))
      contents.append(try row.get(1))
    }
    return (ids, contents)
  }

  /// A row's sections; `nil` where its bytes are not what this version writes.
  static func read(_ content: [UInt8]) -> [Section]? {
    content.withUnsafeBytes { raw in try? sections(raw) }
  }

  private static func sections(_ raw: UnsafeRawBufferPointer) throws(WireError) -> [Section] {
    var reader = ByteReader(raw)
    guard try reader.uint8() == version else { throw .value }
    var sections: [Section] = []
    while reader.remaining > 0 {
      let agentKey = Int32(bitPattern: try reader.varint32())
      let count = try reader.count(minimumBytes: 5)
      var shares: [ResultShare] = []
      shares.reserveCapacity(count)
      for _ in 0..<count { shares.append(try ResultShare(from: &reader)) }
      sections.append(Section(agentKey: agentKey, shares: shares))
    }
    return sections
  }
}
