import JSON
import Model
import Postgres
import Quorum

/// Rows of `quorum_event` as events of the engine.
///
/// Kind `observation` holds `region`, `agent_key`, `boot_id`, `epoch`, `outcome` (0 to 4),
/// `reason`, `curl_code`, `status`, `address`, `detail`, `total_us`, `dns_us`, `connect_us`, `tls_us`,
/// `first_byte_us`, `observed_ms` (agent time), `started_at_ms` (collector time) and
/// `probe_request`; kind `overdue` holds `region` and `agent_key`; kind `maintenance` holds `edge`:
/// `began` or `ended`.
enum StoredEvent {
  /// Reads a row of monitor, id, kind, payload, and the episode and round of the question that it
  /// answers.
  /// `nil` for what this version does not understand.
  static func change(_ row: Row) throws(PostgresError) -> Event.Change? {
    let kind = try row.get(2, as: String.self)
    let text = try row.get(3, as: JSONText.self).text
    guard let payload = try? JSONValue(parsing: text) else { return nil }
    switch kind {
    case "observation":
      guard var observation = observation(payload) else { return nil }
      if let episode = try row.get(4, as: Int64?.self), let round = try row.get(5, as: Int32?.self)
      {
        observation.answers = RoundID(episode: Int32(clamping: episode), round: round)
      }
      return .observed(observation)
    case "overdue":
      guard let region = payload["region"]?.stringValue,
        let agent = payload["agent_key"]?.integerValue.flatMap({ AgentKey(exactly: $0) })
      else { return nil }
      return .overdue(region: region, agent: agent)
    case "maintenance":
      return payload["edge"]?.stringValue.flatMap { Upkeep.Edge(rawValue: $0) }
        .map { .maintenance($0) }
    default: return nil
    }
  }

  private static func observation(_ payload: JSONValue) -> Quorum.Observation? {
    func small(_ name: String) -> Int16? {
      payload[name]?.integerValue.flatMap { Int16(exactly: $0) }
    }
    func microseconds(_ name: String) -> Int32? {
      payload[name]?.integerValue.flatMap { Int32(exactly: $0) }
    }
    guard let region = payload["region"]?.stringValue,
      let agent = payload["agent_key"]?.integerValue.flatMap({ AgentKey(exactly: $0) }),
      let boot = payload["boot_id"]?.stringValue.flatMap({ BootID($0) }),
      let epoch = payload["epoch"]?.integerValue.flatMap({ Int32(exactly: $0) }),
      let kind = small("outcome").flatMap({ VoteKind(code: $0) }),
      let startedMs = payload["observed_ms"]?.integerValue,
      let startedAt = payload["started_at_ms"]?.integerValue
    else { return nil }
    var evidence = Evidence(
      reason: small("reason"), curlCode: small("curl_code"), status: small("status"),
      totalUs: microseconds("total_us"), detail: payload["detail"]?.stringValue)
    evidence.address = payload["address"]?.stringValue
    evidence.dnsUs = microseconds("dns_us")
    evidence.connectUs = microseconds("connect_us")
    evidence.tlsUs = microseconds("tls_us")
    evidence.firstByteUs = microseconds("first_byte_us")
    evidence.request = payload["probe_request"]?.stringValue.flatMap { ProbeRequestID($0) }
    return Quorum.Observation(
      region: region, agent: agent, boot: boot, epoch: epoch, startedMs: startedMs,
      startedAt: startedAt, kind: kind, evidence: evidence)
  }
}
