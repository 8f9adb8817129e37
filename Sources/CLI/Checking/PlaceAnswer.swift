import Checks
import JSON
import Model
import UpblitClient

/// What came of a check in one place: on this machine, or in a region.
struct PlaceAnswer {
  /// The members that `CheckAnswer.json` has, behind `where`; a region tells no evidence but attempts.
  let json: JSONValue
  let verdict: CheckVerdict

  /// On this machine.
  init(_ answer: CheckAnswer) {
    var object = JSONObject()
    object["where"] = "local"
    if case .object(let members) = answer.json {
      for member in members.members { object[member.name] = member.value }
    }
    json = .object(object)
    verdict = answer.verdict
  }

  /// In a region.
  init(_ region: CheckTry.Region, of spec: CheckSpec, _ question: CheckSpec.Question) {
    var object = JSONObject()
    object["where"] = .string(region.region)
    object["number"] = .integer(Int64(spec.number))
    object["name"] = .optional(spec.name)
    object["kind"] = .string(question.check.kind.word)
    object["target"] = .string(question.check.target)
    object["agent"] = .optional(region.agent)
    for name in ["outcome", "reason", "reason_text", "detail", "status", "address"] {
      object[name] = region.json[name] ?? .null
    }
    object["certificate_days"] = region.json["certificate_days"] ?? .null
    var phases = JSONObject()
    for phase in Self.phases {
      phases["\(phase)_us"] = .optional(region.microseconds(phase))
    }
    object["phases"] = .object(phases)
    object["attempts"] = .strings(region.attempts)
    json = .object(object)
    verdict = ["up", "degraded"].contains(region.outcome) ? .up : .down
  }

  private static let phases = ["dns", "connect", "tls", "first_byte", "total"]

  /// The answers for a person, a line each; phases are told by their ends, from the probe's start.
  static func table(_ answers: [PlaceAnswer]) -> String {
    var table = Table([
      "WHERE", "OUTCOME", "REASON", "DNS", "CONNECT", "TLS", "FIRST BYTE", "TOTAL", "ADDRESS",
    ])
    table.rightAligned = [3, 4, 5, 6, 7]
    for answer in answers {
      let json = answer.json
      let outcome = json["outcome"]?.stringValue ?? ""
      var row: [(text: String, state: String?)] = [
        (json["where"]?.stringValue ?? "", nil), (outcome, outcome),
        (json["reason"]?.stringValue ?? "-", nil),
      ]
      let times = phases.map { json["phases"]?["\($0)_us"] }
      for (index, time) in times.enumerated() {
        // What did not occur, such as TLS of a plain connection, repeats the end before it.
        let isAbsent = 1...3 ~= index && time == times[index - 1]
        row.append((isAbsent ? "-" : VoteWords.duration(time), nil))
      }
      row.append((json["address"]?.stringValue ?? "-", nil))
      table.add(row)
    }
    return table.text(columns: Console.columns)
  }
}
