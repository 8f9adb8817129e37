import JSON

/// From where monitors can be watched.
public struct Region: APIResource {
  public static let path = "/api/v1/regions"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var name: String { text("region") }
  /// The organization's.
  public var ownAgents: Int64 { json["agents"]?["own"]?.integerValue ?? 0 }
  /// The installation's, which all organizations use.
  public var sharedAgents: Int64 { json["agents"]?["shared"]?.integerValue ?? 0 }
  public var liveAgents: Int64 { json["agents"]?["live"]?.integerValue ?? 0 }
  public var heardAt: Moment? { moment("heard_at") }
  /// How many of the organization's monitors it watches.
  public var monitors: Int64? { json["monitors"]?.integerValue }
}

/// Who was asked to probe a monitor at once.
public struct MonitorRun: APIResource {
  public struct Probe: Hashable, Sendable {
    public var id: String
    /// The agent's id.
    public var agent: String
    public var region: String
  }

  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  /// What they find stands among the results from then on.
  public var askedAt: Moment? { moment("asked_at") }
  public var probes: [Probe] {
    (json["probes"]?.elements ?? []).map {
      Probe(
        id: $0["id"]?.stringValue ?? "", agent: $0["agent"]?.stringValue ?? "",
        region: $0["region"]?.stringValue ?? "")
    }
  }
}

/// How long a monitor's probes took, over time.
public struct LatencySeries: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var since: Moment? { moment("since") }
  public var until: Moment? { moment("until") }
  public var stepSeconds: Int64? { json["step_s"]?.integerValue }
  /// Oldest first; those in which nothing began are left out.
  public var steps: [LatencyStep] { (json["steps"]?.elements ?? []).map(LatencyStep.init) }
}

/// One step of a series. Times are microseconds, of probes that did not fail.
public struct LatencyStep: APIResource {
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var at: Moment? { moment("at") }
  public var count: Int64? { json["count"]?.integerValue }
  public var failures: Int64? { json["failures"]?.integerValue }
  public var p50Us: Int64? { json["p50_us"]?.integerValue }
  public var p95Us: Int64? { json["p95_us"]?.integerValue }
  public var p99Us: Int64? { json["p99_us"]?.integerValue }
  public var maxUs: Int64? { json["max_us"]?.integerValue }
}

extension APIClient {
  /// From where monitors can be watched.
  public func regions() -> Items<Region> { items(Region.path) }

  /// Has every live agent of a monitor probe it now.
  public func run(monitor: String) async throws(APIError) -> MonitorRun {
    MonitorRun(try await send(APIRequest("POST", monitors.path(monitor) + "/run")).json)
  }

  /// How long a monitor's probes took; the last day where no span is given.
  public func latency(
    of monitor: String, since: Moment? = nil, until: Moment? = nil, stepSeconds: Int64? = nil,
    region: String? = nil
  ) async throws(APIError) -> LatencySeries {
    LatencySeries(
      try await get(
        monitors.path(monitor) + "/latency",
        [
          ("since", since?.text), ("until", until?.text),
          ("step", stepSeconds.map { String($0) }), ("region", region),
        ]))
  }

  /// Says that somebody knows of an incident.
  public func acknowledge(incident: String) async throws(APIError) -> Incident {
    Incident(
      try await send(APIRequest("POST", incidents.path(incident) + "/acknowledge")).json)
  }

  /// Says something about an incident: for colleagues, or with a status for the public.
  ///
  /// - Parameter publicStatus: `investigating`, `identified`, `monitoring` or `resolved`.
  /// - Returns: the note.
  public func comment(
    _ text: String, on incident: String, publicStatus: String? = nil
  ) async throws(APIError) -> JSONValue {
    let path = incidents.path(incident)
    guard let publicStatus else {
      return try await post(path + "/comments", ["text": .string(text)])
    }
    return try await post(
      path + "/updates", ["status": .string(publicStatus), "text": .string(text)])
  }

  /// Says that an incident is over, where no verdict can.
  public func resolve(
    incident: String, _ text: String? = nil
  ) async throws(APIError) -> Incident {
    var body = JSONObject()
    body["text"] = text.map { .string($0) }
    return Incident(try await post(incidents.path(incident) + "/resolve", .object(body)))
  }
}
