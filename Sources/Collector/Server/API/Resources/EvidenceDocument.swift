import JSON
import Model
import Postgres
import Quorum
import Signing
import Store

/// The API's form of what agents saw behind the results of an incident.
///
/// A target chose most of these bytes. They are told as text, in which what is no UTF-8 is replaced by
/// U+FFFD; of a body that is no UTF-8 there is `body_excerpt_base64` too. Whoever shows them must
/// escape them.
struct EvidenceDocument {
  let agents: [Int32: AgentDirectory.Name]
  let monitor: MonitorID
  /// The incident's verdicts, oldest first.
  let verdicts: [VerdictQueries.Record]

  func json(_ record: EvidenceQueries.Record) -> JSONValue {
    let agent = agents[record.agent]
    let verdict =
      verdicts.indices.contains(record.verdictsBefore) ? verdicts[record.verdictsBefore] : nil
    var object = JSONObject()
    object["verdict"] = .optional(verdict.map { String($0.id) })
    object["monitor"] = .string(monitor.description)
    object["agent"] =
      agent.map { ["id": .string($0.id.description), "name": .string($0.name)] } ?? .null
    object["region"] = .string(record.region)
    object["started_at"] = .string(record.startedAt.description)
    object["outcome"] = .optional(record.outcome.map { VoteKind(code: $0)?.rawValue ?? "unknown" })
    object["reason"] = .optional(record.reason.map { ReasonWord.code($0) })
    object["reason_text"] = .optional(record.reason.flatMap { ReasonWord.sentence($0) })
    object["status"] = .optional(record.status)
    object["address"] = Self.text(record.address)
    object["presence"] = Self.text(record.presence)
    object["headers"] = Self.text(record.headers)
    object["body_excerpt"] = Self.text(record.bodyExcerpt)
    object["body_excerpt_base64"] = .optional(
      record.bodyExcerpt.flatMap {
        String(validating: $0, as: UTF8.self) == nil ? Base64.encode($0, .standard) : nil
      })
    object["resolver"] = Self.text(record.resolver)
    object["attempts"] = Self.text(record.attempts)
    object["traceroute"] = Self.text(record.traceroute)
    return .object(object)
  }

  private static func text(_ bytes: [UInt8]?) -> JSONValue {
    .optional(bytes.map { String(decoding: $0, as: UTF8.self) })
  }
}
