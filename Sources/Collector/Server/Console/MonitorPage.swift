import API
import Console
import JSON

/// `/monitors/ID`: the verdict, what each region says, how long it takes, and what happened.
enum MonitorPage {
  /// Regions whose response times are asked for.
  private static let mostLines = 6

  static func show(_ visit: Visit, _ id: String) async throws(Refusal) -> SiteAnswer {
    let path = "/api/v1/monitors/\(id)"
    let monitor = try await visit.send("GET", path)
    var view = MonitorView(frame: visit.frame(.monitors), monitor: monitor.body)
    if visit.viewer.may("incidents:read") {
      let verdicts = try await visit.send("GET", path + "/verdicts", query: ["limit": "1"])
      view.verdict = verdicts.body["items"]?.elements.first
      let incidents = try await visit.send(
        "GET", "/api/v1/incidents", query: ["monitor": id, "limit": "10"])
      view.incidents = incidents.body["items"]?.elements ?? []
    }
    if visit.viewer.may("results:read") {
      let results = try await visit.send("GET", path + "/results", query: ["limit": "100"])
      view.results = results.body["items"]?.elements ?? []
      view.latency = try await latency(of: view.regions, over: view.span, path, visit)
    }
    return SiteAnswer(body: view.bytes())
  }

  /// The last hours by region, all on one grid.
  private static func latency(
    of regions: [String], over span: (seconds: Int64, step: Int64), _ path: String, _ visit: Visit
  ) async throws(Refusal) -> [MonitorView.Latency] {
    let step = span.step
    let until = visit.now / 1000 / step * step + step
    let since = MonitorView.time(seconds: until - span.seconds)
    var lines: [MonitorView.Latency] = []
    for region in regions.prefix(mostLines) {
      let answer = try await visit.send(
        "GET", path + "/latency",
        query: [
          "region": region, "since": since, "until": MonitorView.time(seconds: until),
          "step": String(step),
        ])
      lines.append(MonitorView.Latency(region: region, answer: answer.body))
    }
    return lines
  }
}
