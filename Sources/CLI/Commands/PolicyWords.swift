import JSON

/// Policies as a person writes and reads them.
enum PolicyWords {
  /// What `--help` says of them.
  static let help = """
    Who must agree before a monitor is down:

      majority         more than half of the voting regions (the default)
      all, any         all of them; one of them
      2                two regions, however many vote
      60%              this share of those that vote
      eu=3,us=2        weights: who weighs more than half; others weigh 1
      '{"kind":...}'   its JSON form

    --policy states it anew; --up-cap, --min-domains, --must-fail, --ignore and --severity
    change what stands. A monitor without a policy of its own inherits the organization's.
    """

  /// Reads a rule, or a policy's JSON form.
  static func json(_ text: String) throws(CLIError) -> JSONObject {
    var policy = JSONObject()
    if text.hasPrefix("{") {
      guard case .object(let object)? = try? JSONValue(parsing: text) else {
        throw CLIError(.usage, "the policy is not valid JSON")
      }
      return object
    }
    if ["majority", "all", "any"].contains(text) {
      policy["kind"] = .string(text)
    } else if let count = Int64(text) {
      policy["kind"] = "n_of_m"
      policy["n"] = .integer(count)
    } else if text.hasSuffix("%"), let share = Int64(text.dropLast()) {
      policy["kind"] = "percent"
      policy["percent"] = .integer(share)
    } else if let weights = weights(text) {
      policy["kind"] = "weighted"
      policy["weights"] = .object(weights)
    } else {
      throw CLIError(
        .usage,
        "\(DisplayText.escaped(text)) is no policy: use majority, all, any, a number, a share as 60%, "
          + "or weights as eu=3,us=2")
    }
    return policy
  }

  /// `eu=3,us=2`.
  private static func weights(_ text: String) -> JSONObject? {
    var weights = JSONObject()
    for pair in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let parts = pair.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard parts.count == 2, !parts[0].isEmpty, let weight = Int64(parts[1]),
        weights[parts[0]] == nil
      else { return nil }
      weights[parts[0]] = .integer(weight)
    }
    return weights
  }

  /// `at least 2 regions, at most 1 up, us must fail, cn ignored, regional pages`.
  static func text(_ policy: JSONValue?) -> String? {
    guard let policy, let kind = policy["kind"]?.stringValue else { return nil }
    var words = [rule(kind, policy)]
    if let cap = policy["up_cap"]?.integerValue { words.append("at most \(cap) up") }
    if let domains = policy["min_domains"]?.integerValue {
      words.append("\(domains) provider\(domains == 1 ? "" : "s")")
    }
    let must = names(policy["must_fail"])
    if !must.isEmpty { words.append("\(must.joined(separator: " and ")) must fail") }
    let ignored = names(policy["ignore"])
    if !ignored.isEmpty { words.append("\(ignored.joined(separator: ", ")) ignored") }
    if case .object(let severity)? = policy["severity"] {
      for member in severity.members { words.append(urgency(member)) }
    }
    return words.joined(separator: ", ")
  }

  private static func rule(_ kind: String, _ policy: JSONValue) -> String {
    switch kind {
    case "n_of_m":
      let count = policy["n"]?.integerValue ?? 0
      return "at least \(count) region\(count == 1 ? "" : "s")"
    case "percent": return "at least \(policy["percent"]?.integerValue ?? 0)% of the regions"
    case "weighted":
      guard case .object(let weights)? = policy["weights"], !weights.members.isEmpty else {
        return kind
      }
      let each = weights.members.map { "\($0.name) \($0.value.integerValue ?? 0)" }
      return "weighted (\(each.joined(separator: ", ")))"
    default: return kind
    }
  }

  private static func names(_ list: JSONValue?) -> [String] {
    list?.elements.compactMap(\.stringValue) ?? []
  }

  private static func urgency(_ member: JSONObject.Member) -> String {
    switch member.value.stringValue {
    case "page": "\(member.name) pages"
    case "notify": "\(member.name) notifies"
    case "none": "\(member.name) tells nobody"
    case let other: "\(member.name) \(other ?? "?")"
    }
  }

  /// Why a monitor is unknown for its policy, a line each.
  static func blinding(_ monitor: JSONValue) -> [String] {
    let name = DisplayText.escaped(monitor["name"]?.stringValue ?? "?")
    return (monitor["warnings"]?.elements ?? []).filter { $0["unknown"]?.boolValue == true }.map {
      "\(name): \(DisplayText.escaped($0["detail"]?.stringValue ?? "?"))"
    }
  }

  /// The rows of a monitor's policy: what decides, whose it is, and what it lacks.
  static func add(_ monitor: JSONValue, to rows: inout Details) {
    let inherits = monitor["policy"].map(\.isNull) ?? true
    if let text = text(monitor["effective_policy"] ?? monitor["policy"]) {
      rows.add("policy", text + (inherits ? " (inherited from the organization)" : ""))
    }
    for warning in monitor["warnings"]?.elements ?? [] {
      rows.add("warning", warning["detail"]?.stringValue)
    }
  }
}
