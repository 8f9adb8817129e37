import JSON

/// What a target's text asks for.
enum TargetWords {
  /// A URL makes an http check, `host:port` or `tcp://host:port` a tcp check.
  static func check(_ target: String) throws(CLIError) -> JSONObject {
    var check = JSONObject()
    let lower = target.lowercased()
    if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
      check["kind"] = "http"
      check["url"] = .string(target)
      return check
    }
    let address = lower.hasPrefix("tcp://") ? String(target.dropFirst(6)) : target
    let parts = address.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count >= 2, let last = parts.last,
      let port = Int64(String(decoding: last, as: UTF8.self))
    else {
      throw CLIError(
        .usage,
        "\(DisplayText.escaped(target)) is neither a URL such as https://example.org/ nor host:port"
      )
    }
    var host = Array(address.utf8.dropLast(last.count + 1))
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
      host = Array(host.dropFirst().dropLast())
    }
    check["kind"] = "tcp"
    check["host"] = .string(String(decoding: host, as: UTF8.self))
    check["port"] = .integer(port)
    return check
  }
}

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
