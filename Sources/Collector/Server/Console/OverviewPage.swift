import API
import Console
import JSON

/// `/`: how everything stands.
enum OverviewPage {
  /// Monitors of each state that are shown.
  private static let most = "50"

  static func show(_ visit: Visit) async throws(Refusal) -> SiteAnswer {
    guard visit.request.method == .get else { throw .nothing }
    let status = try await visit.send("GET", "/api/v1/status").body
    var monitors: [JSONValue] = []
    for state in ["down", "partial", "regional", "unknown", "degraded", "pending", "up", "paused"]
    where (status["monitors"]?[state]?.integerValue ?? 0) > 0 {
      let page = try await visit.send(
        "GET", "/api/v1/monitors", query: ["state": state, "limit": most])
      monitors += page.body["items"]?.elements ?? []
    }
    var silent: [JSONValue] = []
    if visit.viewer.may("agents:read"), (status["agents"]?["silent"]?.integerValue ?? 0) > 0 {
      let agents = try await visit.send("GET", "/api/v1/agents", query: ["limit": "200"])
      silent = (agents.body["items"]?.elements ?? []).filter { $0["state"] == "silent" }
    }
    var view = OverviewView(
      frame: visit.frame(.overview), status: status, monitors: monitors, silentAgents: silent)
    view.page = try await publicPage(visit)
    return SiteAnswer(body: view.bytes())
  }

  /// Where the public page is, if it is to be seen.
  private static func publicPage(_ visit: Visit) async throws(Refusal) -> String? {
    do {
      let page = try await visit.send("GET", "/api/v1/status-page").body
      guard page["published"] == true, let slug = page["slug"]?.stringValue else { return nil }
      return "/status/\(slug)"
    } catch {
      // There is none before the first monitor, and not everybody may ask.
      guard [403, 404].contains(error.status) else { throw error }
      return nil
    }
  }
}
