import Model
import Postgres

/// Where an agent's streams stand, for WELCOME and for streams that begin later.
public enum Streams {
  /// A stream of the agent.
  public struct Position: Hashable, Sendable {
    public var id: StreamID
    /// What rows and batches name it by.
    public var key: Int64
    /// Every sequence up to this is stored or skipped; 0 for none.
    public var committed: Int64
    /// The first eight bytes of the digest of the batch at `committed`, read big-endian; 0 where it
    /// is not known.
    public var digest: UInt64
  }

  /// Finds the streams of an agent, making those that are new, and returns them in the order of
  /// `ids`. An identifier that is another agent's stream comes back as `nil`.
  public static func open(
    _ ids: [StreamID], agentKey: Int32, _ connection: Connection
  ) throws(PostgresError) -> [Position?] {
    var found = try find(ids, connection)
    let new = Array(Set(ids.filter { found[$0] == nil })).sorted()
    if !new.isEmpty {
      try connection.query(
        """
        INSERT INTO ingest_stream (id, agent_key)
        SELECT id, $2 FROM unnest($1::uuid[]) AS new (id) ON CONFLICT (id) DO NOTHING
        """, new, agentKey)
      found.merge(try find(new, connection)) { _, new in new }
    }
    return ids.map { id in
      guard let stream = found[id], stream.agentKey == agentKey else { return nil }
      return stream.position
    }
  }

  private struct Found {
    var agentKey: Int32
    var position: Position
  }

  private static func find(
    _ ids: [StreamID], _ connection: Connection
  ) throws(PostgresError) -> [StreamID: Found] {
    let rows = try connection.query(
      """
      SELECT s.id, s.key, s.agent_key, s.committed, b.digest8
      FROM ingest_stream AS s
      LEFT JOIN ingest_batch AS b ON b.stream_key = s.key AND b.sequence = s.committed
      WHERE s.id = ANY ($1)
      """, ids)
    var found: [StreamID: Found] = [:]
    for row in rows {
      let digest = try row.get(4, as: [UInt8]?.self) ?? []
      let position = Position(
        id: try row.get(0), key: try row.get(1), committed: try row.get(3),
        digest: digest.reduce(0) { $0 << 8 | UInt64($1) })
      found[position.id] = Found(agentKey: try row.get(2), position: position)
    }
    return found
  }
}
