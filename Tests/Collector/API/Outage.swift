import JSON
import Model
import Postgres
import TestSupport
import Testing

/// An outage as ingest and quorum would have stored it: a monitor that was down for five minutes in
/// three regions, with results, verdicts and a closed incident.
struct Outage: Sendable {
  let monitor: String
  let incident: String
  let verdict: String
  let agent: String
  let token: String
  /// Changes columns of its incident.
  func change(_ assignment: SQL, in api: TestAPI) throws {
    try api.database.connect().query(
      "UPDATE incident SET " + assignment + " WHERE id = $1", Identifier<Outage>(incident))
  }

  /// When it began: the last midnight (UTC) that is an hour ago, in milliseconds since 1970.
  static let start = (Timestamp.now().milliseconds - 3_600_000) / 86_400_000 * 86_400_000

  /// Stores one for the organization that `key` belongs to.
  static func store(
    in api: TestAPI, organization: String, name: String = "shop", detail: String = "no answer"
  ) async throws -> Outage {
    let key = try api.key(organization: organization)
    let monitor = try await api.makeMonitor(key: key, name: name)
    let made = try await api.send(
      "POST", "/api/v1/enrolment-tokens", key: key, body: #"{"shared":false,"region":"eu"}"#)
    let token = try #require(made.json["id"]?.stringValue)
    let connection = try api.database.connect()
    let organizationID: Int32 = try one(
      connection.query("SELECT id FROM organization WHERE name = $1", organization))
    var agents: [(key: Int32, id: AgentID)] = []
    for region in ["ap", "eu", "us"] {
      let id = AgentID.random()
      let agentKey = try api.database.addAgent(
        id: id, name: "\(region)-1", region: region, provider: "p-\(region)",
        organization: organizationID)
      agents.append((agentKey, id))
    }
    let monitorKey: Int64 = try one(
      connection.query("SELECT key FROM monitor WHERE id = $1", MonitorID(monitor)))
    let stream = try api.database.addStream(agentKey: agents[0].key)
    for (index, agent) in agents.enumerated() {
      try addResults(
        monitorKey, agent.key, stream, Int64(index), organizationID, detail, connection)
    }
    let down = try addVerdict(
      "down", atMs: start + 22_000, monitorKey, organizationID, agents.map(\.key), detail,
      connection)
    let up = try addVerdict(
      "up", atMs: start + 311_000, monitorKey, organizationID, agents.map(\.key), detail,
      connection)
    let incident: Identifier<Outage> = try one(
      connection.query(
        """
        INSERT INTO incident (organization_id, monitor_key, opening_verdict, closing_verdict,
          started_at, decided_at, ended_at, recovered_at, severity)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'down') RETURNING id
        """, organizationID, monitorKey, down, up, Timestamp(milliseconds: start),
        Timestamp(milliseconds: start + 22_000), Timestamp(milliseconds: start + 300_000),
        Timestamp(milliseconds: start + 311_000)))
    return Outage(
      monitor: monitor, incident: incident.description, verdict: String(down),
      agent: agents[0].id.description, token: token)
  }

  private static func addResults(
    _ monitor: Int64, _ agent: Int32, _ stream: Int64, _ sequence: Int64, _ organization: Int32,
    _ detail: String, _ connection: Connection
  ) throws {
    for index in 0..<Int16(3) {
      let failed = index == 1
      let time = Timestamp(milliseconds: start + Int64(index) * 60_000)
      try connection.query(
        """
        INSERT INTO result (monitor_key, started_at, stream_key, sequence, organization_id,
          agent_key, total_us, dns_us, record_index, outcome, status, reason, curl_code)
        VALUES ($1, $2, $3, $4, $5, $6, 12300, 1000, $7, $8, $9, $10, $11)
        """, monitor, time, stream, sequence, organization, agent, index,
        Int16(failed ? 3 : 0), failed ? nil : Int16(200), failed ? Int16(201) : nil,
        failed ? Int16(28) : nil)
      if failed {
        try connection.query(
          """
          INSERT INTO result_evidence (monitor_key, started_at, stream_key, sequence,
            organization_id, agent_key, record_index, detail)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
          """, monitor, time, stream, sequence, organization, agent, index, detail)
      }
    }
  }

  private static func addVerdict(
    _ word: String, atMs: Int64, _ monitor: Int64, _ organization: Int32, _ agents: [Int32],
    _ detail: String, _ connection: Connection
  ) throws -> Int64 {
    let isDown = word == "down"
    let votes = zip(["ap", "eu", "us"], agents).map { region, agent -> JSONValue in
      [
        "region": .string(region), "agent": .integer(Int64(agent)),
        "domain": .string("p-\(region)"), "kind": isDown ? "ambiguous" : "up", "ageMs": 1200,
        "startedAt": .integer(atMs - 1200), "trust": ["trusted": [:]],
        "answers": ["episode": 1, "round": 2],
        "evidence": isDown
          ? [
            "reason": 201, "curlCode": 28, "totalUs": 10_000_000, "detail": .string(detail),
          ]
          : ["status": 200, "totalUs": 12_300],
      ]
    }
    let tally: JSONValue = [
      "assigned": 3, "voting": 3, "down": isDown ? 3 : 0, "up": isDown ? 0 : 3, "required": 2,
      "allowedUp": 0,
    ]
    return try one(
      connection.query(
        """
        INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
          policy, tally, votes)
        VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8) RETURNING id
        """, monitor, organization, Timestamp(milliseconds: atMs - 22_000),
        Timestamp(milliseconds: atMs), word, JSONText(#"{"kind":"majority"}"#),
        JSONText(tally.text), JSONText(JSONValue.array(votes).text)))
  }

  private static func one<T: PostgresValue>(_ rows: Rows) throws -> T {
    try #require(rows.first).get(0)
  }
}
