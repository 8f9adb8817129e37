import JSON
import Model
import Postgres
import Quorum
import Store
import Synchronization

/// `/api/v1/monitors/{id}/backtest`: what another policy would have made of a monitor's logged steps.
/// Changes nothing.
enum BacktestResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/monitors/{id}/backtest", .scope(.incidentsRead),
      Operation(
        "backtestPolicy", .incidents, "Test a policy on what was logged",
        "Tells what another policy would have made of the monitor's logged steps, and what the "
          + "answer does not say. It changes nothing. One runs at a time for an organization.",
        body: BacktestSchema.wish,
        examples: [("percent", ["policy": ["kind": "percent", "percent": 60]])],
        answer: .ok(BacktestSchema.report, "Both courses side by side.")), handler: run)
  ]

  private static let defaultSpanMs: Int64 = 30 * 86_400_000
  /// How many may run at once, each of another organization: they are work for a processor, not for
  /// the store.
  private static let most = 2
  private static let running = Mutex<Set<OrganizationID>>([])

  private struct Wish {
    var policy: Policy
    var since: Timestamp?
    var until: Timestamp?
  }

  private static func run(_ request: APIRequest, _ context: APIContext) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: MonitorID = try request.identifier("id", of: "monitor")
    let sealing = context.configuration.sealingKey
    let found = try await context.store.run { connection in
      try MonitorQueries.get(id, organization: organization, sealing: sealing, on: connection)
    }
    guard let monitor = found else { throw Problem.noSuch("monitor") }
    let wish = try request.readBody { read(&$0, monitor) }
    let until = wish.until ?? Timestamp.now()
    let since = wish.since ?? until.adding(milliseconds: -defaultSpanMs)
    guard since < until else {
      throw Problem(FieldErrors(pointer: "/since", detail: "must be before until"))
    }
    let hasPlace = running.withLock { running in
      running.count < most && running.insert(organization).inserted
    }
    guard hasPlace else {
      var problem = Problem(.overloaded, "Another backtest is running; ask again when it is done.")
      problem.headers = [("retry-after", "10")]
      throw problem
    }
    defer { running.withLock { _ = $0.remove(organization) } }
    // One moment of the whole log, however long it takes.
    let report = try await context.store.transaction(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    ) { connection in
      try PolicyBacktest.run(
        monitor: monitor.key, policy: wish.policy, since: since, until: until,
        organization: organization, on: connection)
    }
    return .ok(BacktestDocument(report: report, policy: wish.policy, monitor: monitor).json)
  }

  private static func read(_ reader: inout ObjectReader, _ monitor: MonitorRecord) -> Wish? {
    reader.require("policy")
    let since = time("since", &reader)
    let until = time("until", &reader)
    guard let policy = reader.object("policy", { PolicyDocument.read(&$0) }) else { return nil }
    if let problem = policy.problem(regions: monitor.draft.regions) {
      reader.note(
        PolicyDocument.place(of: problem, in: reader.child("policy")), problem.description)
    }
    return Wish(policy: policy, since: since, until: until)
  }

  private static func time(_ name: String, _ reader: inout ObjectReader) -> Timestamp? {
    guard let text = reader.string(name, bytes: 1...64) else { return nil }
    let time = Timestamp(rfc3339: text)
    if time == nil {
      reader.note(reader.child(name), "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)")
    }
    return time
  }
}
