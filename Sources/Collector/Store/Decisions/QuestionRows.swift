import Model
import Postgres
import Quorum

/// The rows of `probe_request` that the decisions of one batch owe, one a question to one agent.
struct QuestionRows {
  private var ids: [ProbeRequestID] = []
  private var organizations: [Int32] = []
  private var monitors: [Int64] = []
  private var agents: [AgentKey] = []
  private var slots: [Int64] = []
  private var episodes: [Int64] = []
  private var rounds: [Int32] = []
  private var times: [Timestamp] = []
  private var deadlines: [Int32] = []

  mutating func take(_ ask: Ask, _ step: TakenStep, _ input: DecisionInput) {
    for asked in ask.voters {
      ids.append(.random())
      organizations.append(input.organizationID)
      monitors.append(input.claim.monitorKey)
      agents.append(asked.agent)
      slots.append(input.slot)
      episodes.append(Int64(ask.id.episode))
      rounds.append(ask.id.round)
      times.append(Timestamp(milliseconds: step.after.steppedAt))
      deadlines.append(Int32(clamping: ask.deadlineMs))
    }
  }

  func add(to pipeline: inout Pipeline) throws(PostgresError) {
    guard !ids.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO probe_request (
        id, organization_id, monitor_key, agent_key, slot, episode, round, asked_at, deadline_ms)
      SELECT * FROM unnest(
        $1::uuid[], $2::int4[], $3::int8[], $4::int4[], $5::int8[], $6::int8[], $7::int4[],
        $8::timestamptz[], $9::int4[])
      """, ids, organizations, monitors, agents, slots, episodes, rounds, times, deadlines)
    try pipeline.add(
      "SELECT pg_notify($1, agent::text) FROM unnest($2::int4[]) AS agent",
      StoreChannel.probe.rawValue, Set(agents).sorted())
  }
}
