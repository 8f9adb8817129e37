import JSON
import Postgres
import Model
import Store

/// The API's form of a vote as a verdict stores it: who, what, how old, on what evidence, and
/// whether it counted or why not.
struct BallotDocument {
  /// The agents that the votes name, by the store's number.
  let agents: [Int32: AgentDirectory.Name]
  /// The policy that counted them, as it is stored.
  var policy: JSONValue = .null

  /// The numbers of the agents that stored votes name.
  static func agentKeys(_ votes: JSONValue) -> [Int32] {
    votes.elements.compactMap { agentKey($0) }
  }

  func json(_ stored: JSONValue) -> JSONValue {
    let agent = Self.agentKey(stored).flatMap { agents[$0] }
    let uncounted = stored["uncounted"]?.stringValue
    return [
      "region": stored["region"] ?? .null,
      "agent": agent.map {
        ["id": .string($0.id.description), "name": .string($0.name)]
      } ?? .null,
      "domain": stored["domain"] ?? .null, "vote": stored["kind"] ?? .null,
      "counted": .bool(uncounted == nil), "why_not": .optional(uncounted),
      "reason": .optional(uncounted.map { Self.reason($0, stored["trust"]) }),
      "weight": weight(stored["region"]), "must_fail": .bool(mustFail(stored["region"])),
      "age_ms": stored["ageMs"] ?? .null, "started_at": Self.time(stored["startedAt"]),
      "failing_since": Self.time(stored["failingSince"]),
      "round": stored["answers"]?["round"] ?? .null,
      "request": stored["evidence"]?["request"] ?? .null, "trust": Self.trust(stored["trust"]),
      "evidence": Self.evidence(stored["evidence"]),
    ]
  }

  /// What the region's vote weighs; `null` where votes are not weighed.
  private func weight(_ region: JSONValue?) -> JSONValue {
    guard policy["kind"] == "weighted", let region = region?.stringValue else { return .null }
    return policy["weights"]?[region] ?? 1
  }

  private func mustFail(_ region: JSONValue?) -> Bool {
    region.map { policy["must_fail"]?.elements.contains($0) ?? false } ?? false
  }

  /// Why a vote does not count, in words.
  private static func reason(_ word: String, _ trust: JSONValue?) -> String {
    switch word {
    case "ignored": return "the policy ignores this region"
    case "vacant": return "no agent is there"
    case "silent": return "its agent is not heard"
    case "pending": return "no answer yet"
    case "unanswered": return "no answer in time"
    case "dropped": return "its agent could not ask"
    case "replaced": return "another agent took its place"
    case "restarted": return "its agent restarted since"
    case "stale": return "too old"
    case "limited": return "the target refused to be asked so often (status 429)"
    case "unknown":
      guard let doubt = trust?["distrusted"]?["reason"]?.stringValue else {
        return "the probe learned nothing"
      }
      return "its agent is not trusted: \(DistrustWord.text(doubt))"
    default: return word
    }
  }

  private static func agentKey(_ stored: JSONValue) -> Int32? {
    guard let agent = stored["agent"] else { return nil }
    let number = agent.integerValue ?? agent["rawValue"]?.integerValue
    return number.flatMap { Int32(exactly: $0) }
  }

  static func time(_ value: JSONValue?) -> JSONValue {
    guard let milliseconds = value?.integerValue,
      let time = Timestamp(bounded: Timestamp(milliseconds: milliseconds).microseconds)
    else { return .null }
    return .string(time.description)
  }

  /// `trusted`, or why the agent's ambiguous failures did not count.
  static func trust(_ value: JSONValue?) -> JSONValue {
    guard let value, !value.isNull else { return .null }
    if let reason = value["distrusted"]?["reason"] { return reason }
    return "trusted"
  }

  static func evidence(_ value: JSONValue?) -> JSONValue {
    guard let value, !value.isNull else { return .null }
    let number = value["reason"]?.integerValue.map { Int16(clamping: $0) }
    return [
      "failure_class": .optional(number.map { ReasonWord.failureClass($0) }),
      "reason": .optional(number.map { ReasonWord.code($0) }),
      "reason_text": .optional(number.flatMap { ReasonWord.sentence($0) }),
      "address": value["address"] ?? .null,
      "curl_code": value["curlCode"] ?? .null, "status": value["status"] ?? .null,
      "dns_us": value["dnsUs"] ?? .null, "connect_us": value["connectUs"] ?? .null,
      "tls_us": value["tlsUs"] ?? .null, "first_byte_us": value["firstByteUs"] ?? .null,
      "total_us": value["totalUs"] ?? .null, "detail": value["detail"] ?? .null,
    ]
  }
}

/// The API's form of a stored tally: the same numbers, their names in snake case.
enum TallyDocument {
  static func json(_ stored: JSONValue) -> JSONValue {
    guard case .object(let object) = stored else { return .null }
    var renamed = JSONObject()
    for member in object.members { renamed[snakeCase(member.name)] = member.value }
    return .object(renamed)
  }

  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase { text += "_" }
      text += character.lowercased()
    }
  }
}
