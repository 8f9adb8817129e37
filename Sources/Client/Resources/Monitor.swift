import JSON

/// What an organization watches.
public struct Monitor: IdentifiedResource {
  public static let word = "monitor"
  public static let path = "/api/v1/monitors"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// `up`, `degraded`, `partial`, `regional`, `down`, `unknown`, `pending` or `paused`.
  public var state: String { text("state") }
  public var stateSince: Moment? { moment("state_since") }
  public var isInMaintenance: Bool { json["in_maintenance"]?.boolValue ?? false }
  public var isPaused: Bool { json["paused"]?.boolValue ?? false }
  /// The question it asks; values of secret headers are left out.
  public var check: JSONValue { json["check"] ?? .null }
  public var checkKind: String { check["kind"]?.stringValue ?? "" }
  public var intervalSeconds: Int64? { json["interval_s"]?.integerValue }
  public var timeoutMs: Int64? { json["timeout_ms"]?.integerValue }
  /// `nil`: all regions vote.
  public var regions: [String]? {
    json["regions"].flatMap { $0.isNull ? nil : $0.elements.compactMap(\.stringValue) }
  }
  /// What decides: its own policy, or the organization's.
  public var effectivePolicy: JSONValue { json["effective_policy"] ?? .null }
  /// Whether the policy is the organization's.
  public var inheritsPolicy: Bool { json["policy"].map(\.isNull) ?? true }
  /// The id of the monitor without which this one can't be up.
  public var parent: String? { json["parent"]?.stringValue }
  public var createdAt: Moment? { moment("created_at") }
  public var updatedAt: Moment? { moment("updated_at") }

  /// What its check asks, for a person: a URL, `host:port`, a host or a name.
  public var target: String {
    if let url = check["url"]?.stringValue { return url }
    if let name = check["name"]?.stringValue, check["host"] == nil {
      return name + (check["type"]?.stringValue.map { "/" + $0 } ?? "")
    }
    let host = check["host"]?.stringValue ?? ""
    guard let port = check["port"]?.integerValue else { return host }
    return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// The immutable record of one probe.
public struct ProbeResult: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var startedAt: Moment? { moment("started_at") }
  public var region: String { text("region") }
  /// The agent's id.
  public var agent: String { text("agent") }
  /// `up`, `degraded`, `attributable`, `ambiguous` or `unknown`.
  public var outcome: String { text("outcome") }
  /// Why it failed, such as `timeout.connect`; `nil` where it did not.
  public var reason: String? { json["failure"]?["reason"]?.stringValue }
  public var detail: String? { json["failure"]?["detail"]?.stringValue }
  /// The HTTP status, where there was one.
  public var status: Int64? { json["status"]?.integerValue }
  /// Microseconds, from here to `totalUs`; `nil` for a phase that was not reached.
  public var dnsUs: Int64? { json["dns_us"]?.integerValue }
  public var connectUs: Int64? { json["connect_us"]?.integerValue }
  public var tlsUs: Int64? { json["tls_us"]?.integerValue }
  public var firstByteUs: Int64? { json["first_byte_us"]?.integerValue }
  public var totalUs: Int64? { json["total_us"]?.integerValue }
  /// Days until the first certificate of the chain ends.
  public var certificateDays: Int64? { json["certificate_days"]?.integerValue }
}

/// How much of a time a monitor was up, as its verdicts say.
public struct UptimeReport: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var since: Moment? { moment("since") }
  public var until: Moment? { moment("until") }
  /// Percent, if all that is unknown was down; `nil` where nothing is known.
  public var least: Double? { percent(json["uptime_percent"]?["least"]) }
  /// Percent, if all that is unknown was up.
  public var most: Double? { percent(json["uptime_percent"]?["most"]) }
  /// Percent of the time that is known.
  public var coverage: Double? { percent(json["coverage_percent"]) }
  public var downMs: Int64? { json["down_ms"]?.integerValue }
  public var unknownMs: Int64? { json["unknown_ms"]?.integerValue }
  /// What was counted as what, in a sentence.
  public var rule: String { text("rule") }

  private func percent(_ value: JSONValue?) -> Double? {
    switch value {
    case .number(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }
}

/// What the quorum found, with every vote.
public struct Verdict: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var id: String { text("id") }
  /// `up`, `degraded`, `partial`, `regional`, `down` or `unknown`.
  public var verdict: String { text("verdict") }
  /// The first failure or success that it tells of.
  public var startedAt: Moment? { moment("started_at") }
  public var decidedAt: Moment? { moment("decided_at") }
  /// How many regions voted, and how many of them failed.
  public var voting: Int64? { json["tally"]?["voting"]?.integerValue }
  public var failing: Int64? { json["tally"]?["down"]?.integerValue }
  /// The votes with their ages and evidence, as the collector stored them.
  public var votes: [JSONValue] { json["votes"]?.elements ?? [] }
}
