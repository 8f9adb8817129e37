import Checks
import Model
import OpenSSL
import Postgres
import Wire

/// What an agent is to probe, as the session that serves it sends it.
public struct AgentAssignment: Sendable {
  /// Rises with every change; 0 for an agent that was never given anything.
  public var revision: Int64
  public var targets: [AssignedTarget]
  /// Where the results of each target's slot belong, in the order of `targets`.
  public var owners: [SlotOwner]
  /// What the agent asks for its own sake, beside its targets.
  public var canaries: [AssignedTarget]
  /// Monitors whose stored check this program can't read, or can't send; they are left out.
  public var unreadable: [Int64]

  /// Reads the assignment of an agent and its revision at one moment.
  public static func load(
    agentKey: Int32, sealing: SealingKey, _ connection: Connection
  ) throws(PostgresError) -> AgentAssignment {
    // One statement, so that the rows are those of the revision.
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(
        """
        SELECT r.revision, s.slot, s.phase_ms, m.id, m.key, m.organization_id, m.epoch, m.interval_s,
          m.timeout_ms, m."check", m.secrets
        FROM (SELECT coalesce(max(revision), 0) AS revision
              FROM agent_assignment WHERE agent_key = $1) AS r
        LEFT JOIN (assignment AS s JOIN monitor AS m ON m.key = s.monitor_key AND m.slot = s.slot)
          ON s.agent_key = $1
        ORDER BY s.slot
        """, agentKey)
      try pipeline.add("SELECT canaries FROM installation")
    }
    var assignment = try AgentAssignment(answers.first, sealing)
    if assignment.revision > 0, let row = answers.last?.first {
      assignment.canaries = Canary.targets(try row.get(0))
    }
    return assignment
  }

  /// The targets of slots, for questions to this agent outside its schedule; those that are no
  /// monitor's present one, or another organization's, are left out.
  public static func targets(
    of slots: [Int64], agentKey: Int32, sealing: SealingKey, _ connection: Connection
  ) throws(PostgresError) -> [AssignedTarget] {
    let rows = try connection.query(
      """
      SELECT 0::int8, m.slot, 0::int4, m.id, m.key, m.organization_id, m.epoch, m.interval_s,
        m.timeout_ms, m."check", m.secrets
      FROM monitor AS m
      JOIN agent AS a ON a.key = $2
        AND (a.organization_id IS NULL OR a.organization_id = m.organization_id)
      WHERE m.slot = ANY ($1) AND m.deleted_at IS NULL
      """, slots, agentKey)
    return try AgentAssignment(rows, sealing).targets
  }

  private init(_ rows: Rows?, _ sealing: SealingKey) throws(PostgresError) {
    revision = 0
    targets = []
    owners = []
    canaries = []
    unreadable = []
    guard let rows else { return }
    for row in rows {
      revision = try row.get(0)
      guard let slot = try row.get(1, as: Int64?.self) else { continue }
      let owner = SlotOwner(
        slot: slot, monitorKey: try row.get(4), organizationID: try row.get(5),
        epoch: try row.get(6), intervalSeconds: try row.get(7), timeoutMs: try row.get(8))
      let monitor: MonitorID = try row.get(3)
      let text = try row.get(9, as: JSONText.self).text
      let sealed = try row.get(10, as: [UInt8]?.self)
      guard let secrets = try? SealedSecrets.open(sealed, monitor: monitor, sealing),
        let check = try? CheckDocument.decodeJudged(text, secrets: secrets)
      else {
        unreadable.append(owner.monitorKey)
        continue
      }
      let target = AssignedTarget(
        slot: UInt64(max(0, slot)), monitor: monitor,
        intervalSeconds: UInt32(max(1, owner.intervalSeconds)),
        timeoutMs: UInt32(max(1, owner.timeoutMs)),
        phaseMs: UInt32(max(0, try row.get(2, as: Int32.self))), question: .check(check))
      guard TargetCodec.byteCount(of: target) <= TargetCodec.byteLimit else {
        unreadable.append(owner.monitorKey)
        continue
      }
      owners.append(owner)
      targets.append(target)
    }
  }
}

/// What the quorum was last told by one start of an agent, so that only news is told again.
public enum ToldFindings {
  /// The outcome of each slot's standing vote that this start of the agent made.
  public static func load(
    agentKey: Int32, boot: BootID, _ connection: Connection
  ) throws(PostgresError) -> [Int64: ResultOutcome] {
    let rows = try connection.query(
      """
      SELECT s.slot, v.outcome FROM vote AS v
      JOIN monitor_slot AS s ON s.monitor_key = v.monitor_key AND s.epoch = v.epoch
      WHERE v.agent_key = $1 AND v.boot_id = $2
      """, agentKey, boot)
    var told: [Int64: ResultOutcome] = [:]
    for row in rows { told[try row.get(0)] = ResultOutcome(rawValue: try row.get(1)) }
    return told
  }
}
