import JSON
import Testing

@testable import Pages

/// Statuspage's documents, key by key.
struct StatuspageTests {
  private static let page = Samples.page()

  private static let pageKeys = ["id", "name", "url", "time_zone", "updated_at"]
  private static let componentKeys = [
    "id", "name", "status", "created_at", "updated_at", "position", "description", "showcase",
    "start_date", "group_id", "page_id", "group", "only_show_if_degraded",
  ]
  private static let incidentKeys = [
    "id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact",
    "shortlink", "started_at", "page_id", "incident_updates", "components",
  ]
  private static let updateKeys = [
    "id", "status", "body", "incident_id", "created_at", "updated_at", "display_at",
    "affected_components", "deliver_notifications", "custom_tweet", "tweet_id",
  ]

  private static func keys(_ value: JSONValue?) -> [String] {
    guard case .object(let object) = value else { return [] }
    return object.members.map(\.name)
  }

  private static let documents: [(StatuspageDocument, [String])] = [
    (.status, ["page", "status"]),
    (.summary, ["page", "components", "incidents", "scheduled_maintenances", "status"]),
    (.components, ["page", "components"]), (.incidents, ["page", "incidents"]),
    (.unresolved, ["page", "incidents"]), (.maintenances, ["page", "scheduled_maintenances"]),
    (.activeMaintenances, ["page", "scheduled_maintenances"]),
    (.upcomingMaintenances, ["page", "scheduled_maintenances"]),
  ]

  @Test(arguments: documents)
  func `a document has exactly its fields`(document: StatuspageDocument, keys: [String]) throws {
    let value = try JSONValue(parsing: document.bytes(of: Self.page))
    #expect(Self.keys(value) == keys)
    #expect(Self.keys(value["page"]) == Self.pageKeys)
    for component in value["components"]?.elements ?? [] { Self.check(component: component) }
    for incident in value["incidents"]?.elements ?? [] {
      #expect(Self.keys(incident) == Self.incidentKeys)
      Self.check(within: incident)
    }
    for maintenance in value["scheduled_maintenances"]?.elements ?? [] {
      #expect(
        Self.keys(maintenance) == Self.incidentKeys + ["scheduled_for", "scheduled_until"])
      #expect(maintenance["impact"] == "maintenance")
      Self.check(within: maintenance)
    }
  }

  private static func check(component: JSONValue) {
    let isGroup = component["group"] == true
    #expect(keys(component) == componentKeys + (isGroup ? ["components"] : []))
    #expect(
      [
        "operational", "degraded_performance", "partial_outage", "major_outage",
        "under_maintenance",
      ].contains(component["status"]?.stringValue))
  }

  private static func check(within incident: JSONValue) {
    #expect(incident["incident_updates"]?.elements.isEmpty == false)
    for update in incident["incident_updates"]?.elements ?? [] {
      #expect(keys(update) == updateKeys)
      #expect(update["incident_id"] == incident["id"])
    }
    #expect(incident["components"]?.elements.map { $0["id"] } == ["api"])
    for component in incident["components"]?.elements ?? [] { check(component: component) }
  }

  @Test(arguments: StatuspageDocument.allCases)
  func `lists are there even when they are empty`(document: StatuspageDocument) {
    let page = StatusPage(id: "p", name: "P", address: Samples.address, now: Samples.now)
    for key in ["components", "incidents", "scheduled_maintenances"] {
      let list = document.value(of: page)[key]
      #expect(list == nil || list == [])
    }
  }

  @Test func `the summary tells of what is going on and of what is planned`() {
    let summary = StatuspageDocument.summary.value(of: Self.page)
    #expect(summary["status"]?["indicator"] == "major")
    #expect(summary["status"]?["description"] == "Some systems are down")
    #expect(summary["incidents"]?.elements.map { $0["id"] } == ["i2"])
    #expect(
      summary["scheduled_maintenances"]?.elements.map { $0["status"] }
        == ["in_progress", "scheduled"])
    let components = summary["components"]?.elements ?? []
    #expect(components.map { $0["id"] } == ["api", "g1", "store", "pay"])
    #expect(components.map { $0["group_id"] } == [.null, .null, "g1", "g1"])
    #expect(components[1]["components"] == ["store", "pay"])
    #expect(components[1]["status"] == "major_outage")
    #expect(components.map { $0["position"] } == [1, 2, 3, 4])
    #expect(summary["page"]?["url"] == "https://status.example.org/status/acme")
    let incident = summary["incidents"]?.elements.first
    #expect(incident?["status"] == "monitoring" && incident?["resolved_at"] == .null)
    #expect(incident?["monitoring_at"] == "2026-11-28T21:44:00.000Z")
    #expect(incident?["incident_updates"]?.elements.first?["status"] == "monitoring")
  }
}
