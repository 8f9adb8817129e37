import JSON

/// Findings in words.
enum VoteWords {
  /// `up`, `degraded`, `fails (timeout.connect)`, or `knows nothing (agent.overload)`.
  static func text(_ vote: JSONValue?, _ reason: JSONValue?) -> String {
    let reason = reason?.stringValue.map { " (\($0))" } ?? ""
    return switch vote?.stringValue {
    case "up": "up"
    case "degraded": "degraded" + reason
    case "attributable", "ambiguous": "fails" + reason
    case "unknown": "knows nothing" + reason
    case let other?: other
    case nil: "-"
    }
  }

  /// Microseconds as `12.3 ms`.
  static func duration(_ microseconds: JSONValue?) -> String {
    guard let value = microseconds?.integerValue else { return "-" }
    if value >= 10_000_000 { return "\(value / 1_000_000) s" }
    return "\(value / 1000).\(value / 100 % 10) ms"
  }

  /// `status 500, 12.3 ms, at 192.0.2.1, its own words`.
  static func evidence(_ evidence: JSONValue?) -> String {
    guard let evidence, !evidence.isNull else { return "" }
    var words: [String] = []
    let detail = evidence["detail"]?.stringValue ?? ""
    if let status = evidence["status"]?.integerValue, !detail.hasPrefix("status \(status)") {
      words.append("status \(status)")
    }
    if let total = evidence["total_us"], !total.isNull { words.append(duration(total)) }
    if let address = evidence["address"]?.stringValue { words.append("at \(address)") }
    if !detail.isEmpty { words.append(detail) }
    return words.joined(separator: ", ")
  }
}
