public import JSON
public import Model
public import Postgres
import Quorum

/// The logged steps of an incident, as people are shown them.
public enum StepQueries {
  /// One step: what the engine was told, and whom it asked.
  public struct Record: Hashable, Sendable {
    public var number: Int64
    public var at: Timestamp
    /// `observed`, `overdue`, `dropped`, `configured`, `maintenance` or `tick`.
    public var kind: String
    public var region: String?
    public var agent: Int32?
    /// The finding as `StoredEvent` has it; `nil` for other kinds.
    public var finding: JSONValue?
    /// Of a maintenance: `began` or `ended`.
    public var edge: String?
    /// The round that it is about.
    public var round: RoundID?
    /// Why the agent was not trusted with ambiguous findings then; `nil` where it was.
    public var distrust: String?
    public var asks: [Question]
  }

  /// A round that a step asked for.
  public struct Question: Hashable, Sendable {
    public var round: RoundID
    /// `confirm`, `recovery`, `watch`, `recheck` or `introduce`.
    public var purpose: String
    public var regions: [String]
  }

  /// Names a round.
  public struct RoundID: Hashable, Sendable {
    public var episode: Int32
    public var round: Int32
  }

  /// At most `limit` steps of an incident with numbers above `after`, oldest first.
  public static func list(
    of incident: IncidentID, after: Int64, limit: Int, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) -> [Record] {
    let rows = try connection.query(
      """
      SELECT l.number, l.at, l.event, l.directives FROM incident i
      JOIN quorum_log l ON l.monitor_key = i.monitor_key AND l.number >= i.log_first
        AND l.number <= coalesce(i.log_last, l.number)
      WHERE i.id = $1 AND i.organization_id = $2 AND l.number > $3
      ORDER BY l.number LIMIT $4
      """, incident, organization.rawValue, after, limit)
    var records: [Record] = []
    for row in rows {
      records.append(
        record(
          number: try row.get(0), at: try row.get(1), event: try row.json(2),
          directives: try row.jsonIfAny(3)))
    }
    return records
  }

  private static func record(
    number: Int64, at: Timestamp, event: JSONValue, directives: JSONValue?
  ) -> Record {
    let asks = (directives?.elements ?? []).compactMap(question)
    guard let read = try? Tree.read(Event.self, from: event) else {
      return Record(number: number, at: at, kind: "unknown", asks: asks)
    }
    var record = Record(number: number, at: at, kind: "tick", asks: asks)
    switch read.change {
    case .observed(let finding):
      record.kind = "observed"
      (record.region, record.agent) = (finding.region, finding.agent)
      record.finding = event["change"]?["observed"]?["_0"]
      record.round = finding.answers.map { RoundID(episode: $0.episode, round: $0.round) }
    case .overdue(let region, let agent):
      record.kind = "overdue"
      (record.region, record.agent) = (region, agent)
    case .dropped(let id, let region, let agent):
      record.kind = "dropped"
      (record.region, record.agent) = (region, agent)
      record.round = RoundID(episode: id.episode, round: id.round)
    case .delayed(let id, let region, let agent, _):
      record.kind = "delayed"
      (record.region, record.agent) = (region, agent)
      record.round = RoundID(episode: id.episode, round: id.round)
    case .configured: record.kind = "configured"
    case .maintenance(let edge):
      record.kind = "maintenance"
      record.edge = edge.rawValue
    case .tick: break
    }
    if let region = record.region, case .distrusted(let reason) = read.panel[region]?.trust {
      record.distrust = reason
    }
    return record
  }

  private static func question(_ directive: JSONValue) -> Question? {
    guard let tree = directive["askProbes"]?["_0"], let ask = try? Tree.read(Ask.self, from: tree)
    else { return nil }
    return Question(
      round: RoundID(episode: ask.id.episode, round: ask.id.round), purpose: ask.purpose.rawValue,
      regions: ask.voters.map(\.region))
  }
}
