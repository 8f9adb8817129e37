import Alerts
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `What a notice owes to whom` {
  private func names(_ scene: AlertScene) throws -> [String] {
    let names = try Dictionary(
      uniqueKeysWithValues: ChannelQueries.list(
        organization: scene.acme, sealing: scene.sealing, on: scene.connection
      ).map { ($0.id, $0.draft.name) })
    return try scene.deliveries().map { names[$0.channel] ?? "?" }.sorted()
  }

  @Test func `commits with the step that decided it`() throws {
    let scene = try DecisionScene()
    let key = try InstallationTests.key(1)
    let settings = try #require(ChannelKinds.named("webhook")).read(AlertScene.webhook)
    _ = try AuditTrail.write(
      by: AuditContext(actor: .system("test")), on: scene.connection
    ) {
      try ChannelQueries.create(
        ChannelDraft(name: "hook", settings: settings),
        organization: OrganizationID(rawValue: scene.organization), sealing: key, by: $0)
    }
    let listener = try scene.database.connect()
    try listener.listen(to: StoreChannel.sending.map(\.rawValue))
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    try scene.wait(60_000)
    try scene.tell(monitor, agents[0], .attributable)
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor).last == "down")
    let rows = try scene.connection.query(
      """
      SELECT count(*), bool_and(d.xmin = n.xmin AND d.xmin = i.xmin) FROM notice n
      JOIN incident i ON i.id = n.incident_id JOIN delivery d ON d.notice_id = n.id
      """)
    let (count, isOne) = try #require(rows.first).decode(Int64.self, Bool?.self)
    #expect(count == 1 && isOne == true)
    #expect(
      try listener.notifications(timeoutMs: 5_000)
        == [PostgresNotification(channel: "upblit_delivery", payload: "")])
  }

  @Test func `without routes all channels that are on hear of what people are to know`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor()
    try scene.notice("began", monitor, urgency: "page")
    #expect(try scene.deliveries().isEmpty)
    try scene.channel("one")
    let off = try scene.channel("off")
    _ = try scene.write {
      try ChannelQueries.change(
        off, organization: scene.acme, sealing: scene.sealing, by: $0
      ) { $0.enabled = false }
    }
    try scene.channel("elsewhere", of: scene.other)
    for urgency in ["none", "admins", "notify", "page"] {
      let monitor = try scene.monitor(urgency)
      try scene.notice("began", monitor, urgency: urgency)
    }
    #expect(try names(scene) == ["one", "one"])
    #expect(try scene.deliveries(scene.other).isEmpty)
  }

  @Test(
    arguments: [
      ("web", "page", "down", ["all", "web"]), ("web", "notify", "degraded", ["all", "web"]),
      ("db", "page", "down", ["all", "named", "night"]),
      ("db", "notify", "regional", ["all", "named"]),
      ("last", "page", "down", ["all"]), ("", "page", "partial", ["all", "night"]),
    ])
  func `by routes is for those whose conditions fit`(
    tag: String, urgency: String, verdict: String, hear: [String]
  ) throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor(tags: tag.isEmpty ? [] : [tag, "x"])
    let id: MonitorID = try #require(
      try scene.connection.query("SELECT id FROM monitor WHERE key = $1", monitor).first
    ).get(0)
    let another = try scene.channel("another", of: scene.other)
    for (place, name) in ["all", "web", "named", "last", "night"].enumerated() {
      var draft = RouteDraft(
        name: name, place: Int32(place), channels: [try scene.channel(name)])
      switch name {
      case "web":
        draft.tags = ["web", "shop"]
        draft.isLast = true
      case "named": draft.monitors = [id]
      case "last":
        draft.tags = ["last"]
        draft.channels = []
        draft.isLast = true
      case "night":
        draft.leastUrgency = .page
        draft.verdicts = [.down, .partial]
      default: break
      }
      try scene.route(draft)
    }
    // What can't be named over the API fits nothing either.
    try scene.connection.query("UPDATE route SET channels = channels || $1", another)
    if tag != "db" {
      try scene.connection.query(
        "UPDATE route SET monitors = ARRAY[$1] WHERE name = 'named'", MonitorID.random())
    }
    try scene.notice("began", monitor, urgency: urgency, verdict: verdict)
    #expect(try names(scene) == hear)
    #expect(try scene.deliveries(scene.other).isEmpty)
  }

  @Test func `at its end goes to whom the matter was told, whatever routes say by then`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor()
    let incident = try scene.incident(monitor)
    let hook = try scene.channel()
    let route = try scene.route(RouteDraft(name: "r", channels: [hook]))
    try scene.notice("began", monitor, incident)
    _ = try scene.write {
      try RouteQueries.change(route.id, organization: scene.acme, by: $0) {
        $0.leastUrgency = .page
        $0.verdicts = [.partial]
      }
    }
    let late = try scene.channel("late")
    try scene.route(RouteDraft(name: "late", channels: [late]))
    try scene.notice("ended", monitor, incident, urgency: "admins")
    #expect(try scene.deliveries().map(\.channel) == [hook, hook])
    #expect(try scene.deliveries().allSatisfy { $0.incident == incident })
    // A second end owes nothing.
    try scene.notice("ended", monitor, incident, urgency: "admins")
    #expect(try scene.deliveries().count == 2)
  }

  @Test func `of what becomes an incident ends the old matter where it has an alert of its own`()
    throws
  {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    try scene.channel("hook")
    try scene.channel("mail", "email", AlertScene.email)
    try scene.notice("began", monitor, urgency: "notify")
    #expect(try scene.sendAll().sorted() == ["hook: shop is slow", "mail: shop is slow"])
    try scene.pass(60_000)
    let incident = try scene.incident(monitor)
    try scene.notice("began", monitor, incident)
    #expect(
      try scene.sendAll().sorted() == [
        "hook: shop is down",
        "hook: shop is worse than slow by now: its incident tells of the rest",
        "mail: shop is down",
      ])
    // What is slow again later is a new matter.
    try scene.notice("ended", monitor, incident, urgency: "notify")
    try scene.notice("began", monitor, urgency: "notify")
    try scene.pass(60_000)
    var titles = try scene.sendAll()
    // People get no two messages within seconds.
    try scene.pass(10_100)
    titles += try scene.sendAll()
    #expect(
      titles.sorted() == [
        "hook: shop is slow", "hook: shop is up again", "mail: shop is slow",
        "mail: shop is up again",
      ])
  }
}
