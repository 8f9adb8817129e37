import JSON

/// The things of one kind, as `APIClient` gives access to them.
public struct Resources<Item: IdentifiedResource>: Sendable {
  let client: APIClient

  /// The list, in the collector's order.
  public func list(
    _ query: [(name: String, value: String?)] = [], limit: Int = .max
  ) -> Items<Item> {
    Items(client: client, path: Item.path, query: query, limit: limit)
  }

  /// One thing, by its whole id.
  public func get(_ id: String) async throws(APIError) -> Item {
    try await tagged(id).item
  }

  /// One thing with its ETag, for a change that nobody else's may come between.
  public func tagged(_ id: String) async throws(APIError) -> (item: Item, etag: String?) {
    let answer = try await client.send(APIRequest("GET", path(id)))
    return (Item(answer.json), answer.etag)
  }

  /// Makes one.
  ///
  /// - Parameter idempotencyKey: names this wish, so that a repeated call makes no second thing.
  public func create(
    _ fields: JSONValue, idempotencyKey: String? = nil
  ) async throws(APIError) -> Item {
    let request = APIRequest("POST", Item.path, body: fields, idempotencyKey: idempotencyKey)
    return Item(try await client.send(request).json)
  }

  /// Takes over the fields that are given; with an ETag only if nobody changed it since.
  public func change(
    _ id: String, _ fields: JSONValue, ifMatch: String? = nil
  ) async throws(APIError) -> Item {
    Item(try await client.patch(path(id), fields, ifMatch: ifMatch))
  }

  /// Deletes, revokes or ends it, whichever its kind knows.
  public func delete(_ id: String, ifMatch: String? = nil) async throws(APIError) {
    try await client.delete(path(id), ifMatch: ifMatch)
  }

  /// The path of one thing.
  public func path(_ id: String) -> String { "\(Item.path)/\(PercentText.encode(id))" }
}

extension APIClient {
  public var monitors: Resources<Monitor> { Resources(client: self) }
  public var incidents: Resources<Incident> { Resources(client: self) }
  public var agents: Resources<Agent> { Resources(client: self) }
  public var enrolmentTokens: Resources<EnrolmentToken> { Resources(client: self) }
  public var maintenances: Resources<Maintenance> { Resources(client: self) }
  public var channels: Resources<Channel> { Resources(client: self) }
  public var routes: Resources<AlertRoute> { Resources(client: self) }
  public var deliveries: Resources<Delivery> { Resources(client: self) }

  /// Any list of the API.
  public func items<Item: APIResource>(
    _ path: String, _ query: [(name: String, value: String?)] = [], limit: Int = .max
  ) -> Items<Item> {
    Items(client: self, path: path, query: query, limit: limit)
  }

  /// Who asks, and what they may.
  public func me() async throws(APIError) -> Identity { Identity(try await get("/api/v1/me")) }

  public func organization() async throws(APIError) -> Organization {
    Organization(try await get("/api/v1/organization"))
  }

  public func status() async throws(APIError) -> StatusReport {
    StatusReport(try await get("/api/v1/status"))
  }

  /// A monitor's results, newest first; the last day's where no span is given.
  public func results(
    of monitor: String, region: String? = nil, since: Moment? = nil, until: Moment? = nil,
    limit: Int = .max
  ) -> Items<ProbeResult> {
    items(
      monitors.path(monitor) + "/results",
      [("region", region), ("since", since?.text), ("until", until?.text)], limit: limit)
  }

  /// How much of a span a monitor was up; the last 30 days where none is given.
  public func uptime(
    of monitor: String, since: Moment? = nil, until: Moment? = nil
  ) async throws(APIError) -> UptimeReport {
    UptimeReport(
      try await get(
        monitors.path(monitor) + "/uptime", [("since", since?.text), ("until", until?.text)]))
  }

  /// A monitor's verdicts, newest first.
  public func verdicts(of monitor: String, limit: Int = .max) -> Items<Verdict> {
    items(monitors.path(monitor) + "/verdicts", limit: limit)
  }

  /// When an agent was not trusted, newest first.
  public func events(of agent: String, limit: Int = .max) -> Items<AgentEvent> {
    items(agents.path(agent) + "/events", limit: limit)
  }

  /// What people were told, newest first.
  public func notices(
    _ query: [(name: String, value: String?)] = [], limit: Int = .max
  ) -> Items<Notice> {
    items("/api/v1/notices", query, limit: limit)
  }
}
