import Checks
import JSON
public import Model
public import OpenSSL
public import Postgres

/// Checks that are tried as the sessions of agents carry them out: announced on `upblit_try` with the
/// agent's key, and looked for every few seconds. What a session takes and loses with its connection is
/// not asked again: whoever tries a check is told that the agent was silent.
extension CheckTries {
  /// One question to one agent.
  public struct Question: Hashable, Sendable {
    public var id: ProbeRequestID
    public var target: AssignedTarget
    /// How long the probe may take, ms: a little more than the check's own limit, which decides.
    public var deadlineMs: Int64
  }

  /// How many are taken at once; an agent works on fewer.
  static let takeLimit: Int64 = 64

  /// Takes what is to be sent to `agent` now, and marks it as sent. What can't be read is answered as
  /// not understood.
  public static func take(
    agent: Int32, sealing: SealingKey, _ connection: Connection
  ) throws(PostgresError) -> [Question] {
    let rows = try connection.query(
      """
      WITH open AS (
        SELECT r.try_id FROM check_try_region r JOIN check_try t ON t.id = r.try_id
        WHERE r.agent_key = $1 AND r.sent_at IS NULL AND r.answer IS NULL AND t.expires_at > now()
        ORDER BY t.asked_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED
      ), sent AS (
        UPDATE check_try_region r SET sent_at = now() FROM open
        WHERE r.try_id = open.try_id AND r.agent_key = $1 RETURNING r.try_id
      )
      SELECT t.id, t.timeout_ms, t."check", t.secrets FROM sent JOIN check_try t ON t.id = sent.try_id
      """, agent, takeLimit)
    var questions: [Question] = []
    var unreadable: [ProbeRequestID] = []
    for row in rows {
      let id: ProbeRequestID = try row.get(0)
      let timeoutMs = UInt32(max(1, try row.get(1, as: Int32.self)))
      let text = try row.get(2, as: JSONText.self).text
      guard
        let secrets = try? SealedSecrets.open(
          try row.get(3, as: [UInt8]?.self), tried: id, sealing),
        let check = try? CheckDocument.decodeJudged(text, secrets: secrets)
      else {
        unreadable.append(id)
        continue
      }
      let target = AssignedTarget(
        slot: 0, monitor: .zero, intervalSeconds: 86_400, timeoutMs: timeoutMs, phaseMs: 0,
        question: .check(check))
      questions.append(
        Question(id: id, target: target, deadlineMs: Int64(timeoutMs) + 2_000))
    }
    for id in unreadable {
      try answer(id, TryAnswer(unasked: .agentNotUnderstood), agent: agent, connection)
    }
    return questions
  }

  /// Stores what an agent says; nothing where it was not asked, has answered before, or is too late.
  public static func answer(
    _ id: ProbeRequestID, _ answer: TryAnswer, agent: Int32, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE check_try_region r SET answer = $2 FROM check_try t
      WHERE r.try_id = $1 AND r.agent_key = $3 AND r.answer IS NULL
        AND t.id = r.try_id AND t.expires_at > now()
      """, id, JSONText(answer.json.text), agent)
  }
}
