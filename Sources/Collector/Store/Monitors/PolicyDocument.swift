public import JSON
public import Quorum

/// The JSON form of a policy: what the API takes and answers, and what column `monitor.policy`
/// holds; the same as `Policy`'s own `Codable` form.
///
/// `{"kind": "majority"}`, `{"kind": "n_of_m", "n": 2}`, `{"kind": "percent", "percent": 60}`,
/// `{"kind": "all"}`, `{"kind": "any"}`; each may also have `up_cap` and `min_domains`.
public enum PolicyDocument {
  private static let kinds = ["majority", "n_of_m", "percent", "all", "any"]

  public static func json(_ policy: Policy) -> JSONValue {
    var object = JSONObject()
    switch policy.rule {
    case .majority: object["kind"] = "majority"
    case .nOfM(let count):
      object["kind"] = "n_of_m"
      object["n"] = .integer(Int64(count))
    case .percent(let share):
      object["kind"] = "percent"
      object["percent"] = .integer(Int64(share))
    case .all: object["kind"] = "all"
    case .any: object["kind"] = "any"
    }
    object["up_cap"] = policy.upCap.map { .integer(Int64($0)) }
    object["min_domains"] = policy.minDomains.map { .integer(Int64($0)) }
    return .object(object)
  }

  /// Reads a policy from `reader`; its mistakes are noted there.
  public static func read(_ reader: inout ObjectReader) -> Policy? {
    reader.require("kind")
    let rule: Policy.Rule
    switch reader.word("kind", of: kinds) {
    case "majority": rule = .majority
    case "n_of_m":
      reader.require("n")
      guard let count = reader.integer("n", in: 1...1000) else { return nil }
      rule = .nOfM(count)
    case "percent":
      reader.require("percent")
      guard let share = reader.integer("percent", in: 1...100) else { return nil }
      rule = .percent(share)
    case "all": rule = .all
    case "any": rule = .any
    default: return nil
    }
    return Policy(
      rule, upCap: reader.integer("up_cap", in: 0...1000),
      minDomains: reader.integer("min_domains", in: 1...1000))
  }

  /// Reads a stored policy. Throws every mistake.
  public static func decode(_ text: String) throws(FieldErrors) -> Policy {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text)
    } catch {
      throw FieldErrors(pointer: error.pointer, detail: error.reason)
    }
    var reader = ObjectReader(value)
    let policy = read(&reader)
    try reader.finish()
    guard let policy else { throw FieldErrors(pointer: "", detail: "is not a policy") }
    return policy
  }
}
