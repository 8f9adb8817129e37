public import JSON
public import Quorum

/// The JSON form of a policy: what the API takes and answers, and what the columns `policy` of
/// `monitor` and `organization` hold; the same as `Policy`'s own `Codable` form.
///
/// `{"kind": "majority"}`, `{"kind": "n_of_m", "n": 2}`, `{"kind": "percent", "percent": 60}`,
/// `{"kind": "all"}`, `{"kind": "any"}`, `{"kind": "weighted", "weights": {"eu-west": 3}}`; each may
/// also have `up_cap`, `min_domains`, `must_fail` and `ignore` (lists of regions), and `severity`
/// (`{"down": "page", "regional": "none"}`).
public enum PolicyDocument {
  private static let kinds = ["majority", "n_of_m", "percent", "all", "any", "weighted"]

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
    case .weighted(let weights):
      object["kind"] = "weighted"
      var named = JSONObject()
      for (region, weight) in weights.sorted(by: { $0.key < $1.key }) {
        named[region] = .integer(Int64(weight))
      }
      object["weights"] = .object(named)
    }
    object["up_cap"] = policy.upCap.map { .integer(Int64($0)) }
    object["min_domains"] = policy.minDomains.map { .integer(Int64($0)) }
    if !policy.mustFail.isEmpty {
      object["must_fail"] = .array(policy.mustFail.map { .string($0) })
    }
    if !policy.ignored.isEmpty { object["ignore"] = .array(policy.ignored.map { .string($0) }) }
    if !policy.urgencies.choices.isEmpty {
      var severity = JSONObject()
      for choice in policy.urgencies.choices {
        severity[choice.key] = .string(choice.urgency.rawValue)
      }
      object["severity"] = .object(severity)
    }
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
    case "weighted":
      reader.require("weights")
      guard let weights = weights(&reader) else { return nil }
      rule = .weighted(weights)
    default: return nil
    }
    return Policy(
      rule, upCap: reader.integer("up_cap", in: 0...1000),
      minDomains: reader.integer("min_domains", in: 1...1000),
      mustFail: reader.strings("must_fail", count: Policy.mostRegions, bytes: 1...64) ?? [],
      ignored: reader.strings("ignore", count: Policy.mostRegions, bytes: 1...64) ?? [],
      urgencies: reader.object("severity", urgencies) ?? .standard)
  }

  /// The weights by region; `nil` where they are not an object.
  private static func weights(_ reader: inout ObjectReader) -> [String: Int]? {
    guard case .object(let members)? = reader.value("weights") else {
      if let other = reader.value("weights"), !other.isNull {
        reader.note(reader.child("weights"), "must be an object, not \(other.kindName)")
      }
      return nil
    }
    return reader.object("weights") { inner -> [String: Int]? in
      var weights: [String: Int] = [:]
      for member in members.members {
        if let weight = inner.integer(member.name, in: 0...Policy.mostWeight) {
          weights[member.name] = weight
        }
      }
      return weights
    }
  }

  private static func urgencies(_ reader: inout ObjectReader) -> Urgencies? {
    var urgencies = Urgencies.standard
    for key in Urgencies.keys {
      guard let word = reader.word(key, of: Urgencies.words.map(\.rawValue)) else { continue }
      urgencies[key] = Urgency(rawValue: word)
    }
    return urgencies
  }

  /// Where in the policy at `pointer` a problem is.
  public static func place(of problem: Policy.Problem, in pointer: String) -> String {
    let key = JSONPointer.child(problem.key, of: pointer)
    return problem.member.map { JSONPointer.child($0, of: key) } ?? key
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
