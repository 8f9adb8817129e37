import JSON
import Model
public import Postgres

/// A monitor's verdicts as a chain, each sealed with the digest of the one before.
public enum VerdictChain {
  /// A verdict as it is stored, sealed.
  struct Link {
    var id: Int64
    /// `nil` where it was never sealed.
    var verdict: StoredVerdict?
    var digest: [UInt8]?
    var decidedAt: Timestamp
  }

  /// Checks all verdicts of a monitor from its first, and that the newest is the one its state
  /// names: what was changed, taken out or put in is told.
  public static func check(
    monitor: Int64, _ connection: Connection
  ) throws -> [ReplayReport.Difference] {
    var report = ReplayReport(engine: 0)
    var previous: [UInt8]?
    var last: Link?
    while true {
      let links = try page(monitor: monitor, after: last?.id ?? 0, to: .max, connection)
      for link in links {
        previous = try check(link, after: last == nil ? .some(nil) : .some(previous), &report)
        last = link
      }
      if links.count < pageSize { break }
    }
    try checkHead(monitor: monitor, newest: last, &report, connection)
    return report.differences
  }

  static let pageSize = 200

  /// At most `pageSize` verdicts with numbers above `after` and up to `to`, oldest first.
  static func page(
    monitor: Int64, after: Int64, to: Int64, _ connection: Connection
  ) throws(PostgresError) -> [Link] {
    let rows = try connection.query(
      """
      SELECT monitor_key, epoch, verdict, started_at, decided_at, policy, tally, votes, engine,
        log_first, log_last, previous_digest, id, digest
      FROM verdict WHERE monitor_key = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4
      """, monitor, after, to, pageSize)
    var links: [Link] = []
    for row in rows {
      links.append(
        Link(
          id: try row.get(12), verdict: try StoredVerdict(row), digest: try row.get(13),
          decidedAt: try row.get(4)))
    }
    return links
  }

  /// Checks one link against its own record and, where it is given, the digest before. Returns the
  /// digest that is stored for it.
  ///
  /// - Parameter previous: what the link must name as the digest before it; `nil` if that is not
  ///   known.
  static func check(
    _ link: Link, after previous: [UInt8]??, _ report: inout ReplayReport
  ) throws -> [UInt8]? {
    guard let verdict = link.verdict, let digest = link.digest else {
      report.add(.verdict(link.id), at: link.decidedAt, "it was not sealed")
      return link.digest
    }
    if let previous, previous != verdict.previousDigest {
      report.add(
        .verdict(link.id), at: link.decidedAt, "the digest of the verdict before it",
        stored: .optional(verdict.previousDigest.map(CanonicalJSON.hexadecimal)),
        replayed: .optional(previous.map(CanonicalJSON.hexadecimal)))
    }
    let computed = try verdict.digest()
    if computed != digest {
      report.add(
        .verdict(link.id), at: link.decidedAt, "digest",
        stored: .string(CanonicalJSON.hexadecimal(digest)),
        replayed: .string(CanonicalJSON.hexadecimal(computed)))
    }
    return digest
  }

  /// Checks that the newest verdict of a monitor is the one that its state names.
  static func checkHead(
    monitor: Int64, newest: Link?, _ report: inout ReplayReport, _ connection: Connection
  ) throws(PostgresError) {
    let rows = try connection.query(
      "SELECT verdict_digest FROM quorum_state WHERE monitor_key = $1", monitor)
    let head = try rows.first?.get(0, as: [UInt8]?.self)
    guard head != newest?.digest else { return }
    report.add(
      newest.map { .verdict($0.id) } ?? .incident, at: newest?.decidedAt,
      "the digest that the monitor's state names as its newest verdict's",
      stored: .optional(head.flatMap { $0 }.map(CanonicalJSON.hexadecimal)),
      replayed: .optional(newest?.digest.map(CanonicalJSON.hexadecimal)))
  }
}
