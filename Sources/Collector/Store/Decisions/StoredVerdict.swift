import JSON
import Model
import Postgres
import Quorum

/// A verdict's columns: the engine's own forms with what the store knows more, and their seal.
///
/// `tally` holds `Tally`, `regions`, `domain` and `solo`; each of `votes` holds `Ballot` and the agent's
/// identifier as `agentID`.
///
/// Verdicts of a monitor are a chain. A verdict's digest is SHA-256 over the canonical JSON
/// (`CanonicalJSON`) of an object with `monitor` (the store's number), `epoch`, `verdict`,
/// `started_at` and `decided_at` (collector time, ms), `policy`, `tally`, `votes`, `engine`, `log`
/// (the numbers of its first and last step) and `previous`: the digest of the verdict before in
/// hexadecimal, `null` for the first.
struct StoredVerdict {
  var monitorKey: Int64
  var epoch: Int32
  var verdict: String
  var startedAt: Int64
  var decidedAt: Int64
  var policy: JSONValue
  var tally: JSONValue
  var votes: JSONValue
  var engine: Int32
  var logFirst: Int64
  var logLast: Int64
  var previousDigest: [UInt8]?

  init(
    _ record: VerdictRecord, monitorKey: Int64, agents: [AgentKey: AgentID], engine: Int32,
    logFirst: Int64, logLast: Int64, previousDigest: [UInt8]?
  ) throws {
    self.monitorKey = monitorKey
    epoch = record.epoch
    verdict = record.verdict.rawValue
    startedAt = record.startedAt
    decidedAt = record.decidedAt
    policy = try Tree.of(record.policy)
    tally = try Self.tally(record)
    votes = try Self.votes(record, agents)
    self.engine = engine
    self.logFirst = logFirst
    self.logLast = logLast
    self.previousDigest = previousDigest
  }

  /// Reads columns `monitor_key, epoch, verdict, started_at, decided_at, policy, tally, votes,
  /// engine, log_first, log_last, previous_digest`; `nil` where it was never sealed.
  init?(_ row: Row) throws(PostgresError) {
    guard let engine = try row.get(8, as: Int32?.self),
      let first = try row.get(9, as: Int64?.self), let last = try row.get(10, as: Int64?.self)
    else { return nil }
    monitorKey = try row.get(0)
    epoch = try row.get(1)
    verdict = try row.get(2)
    startedAt = try row.get(3, as: Timestamp.self).milliseconds
    decidedAt = try row.get(4, as: Timestamp.self).milliseconds
    policy = try row.json(5)
    tally = try row.json(6)
    votes = try row.json(7)
    self.engine = engine
    logFirst = first
    logLast = last
    previousDigest = try row.get(11)
  }

  func digest() throws -> [UInt8] {
    var object = JSONObject()
    object["monitor"] = .integer(monitorKey)
    object["epoch"] = .integer(Int64(epoch))
    object["verdict"] = .string(verdict)
    object["started_at"] = .integer(startedAt)
    object["decided_at"] = .integer(decidedAt)
    object["policy"] = policy
    object["tally"] = tally
    object["votes"] = votes
    object["engine"] = .integer(Int64(engine))
    object["log"] = [.integer(logFirst), .integer(logLast)]
    object["previous"] = .optional(previousDigest.map(CanonicalJSON.hexadecimal))
    return try CanonicalJSON.digest(.object(object))
  }

  /// The value as JSON with sorted keys.
  static func json(_ value: some Encodable) throws -> JSONText {
    JSONText(CanonicalJSON.text(try Tree.of(value)))
  }

  static func tally(_ record: VerdictRecord) throws -> JSONValue {
    var tally = try Tree.of(record.tally)
    guard case .object(var object) = tally else { return tally }
    object["regions"] = .strings(record.regions)
    object["domain"] = record.domain.map { .string($0) }
    object["solo"] = .bool(record.solo)
    tally = .object(object)
    return tally
  }

  static func votes(
    _ record: VerdictRecord, _ agents: [AgentKey: AgentID]
  ) throws -> JSONValue {
    .array(
      try record.ballots.map { ballot in
        let tree = try Tree.of(ballot)
        guard case .object(var object) = tree, let id = ballot.agent.flatMap({ agents[$0] })
        else { return tree }
        object["agentID"] = .string(id.description)
        return .object(object)
      })
  }
}

extension Row {
  /// A column of type `jsonb`; `null` where it holds what this program can't read.
  func json(_ index: Int) throws(PostgresError) -> JSONValue {
    try jsonIfAny(index) ?? .null
  }

  /// As `json`, but `nil` for NULL.
  func jsonIfAny(_ index: Int) throws(PostgresError) -> JSONValue? {
    guard let text = try get(index, as: JSONText?.self)?.text else { return Optional.none }
    return .some((try? JSONValue(parsing: text)) ?? .null)
  }
}
