public import JSON
import Pages

/// One monitor: its verdict, what each region says, how long it takes, and what happened.
public struct MonitorView: Sendable {
  /// The response times of a region, as `GET /api/v1/monitors/{id}/latency` answers.
  public struct Latency: Sendable {
    public var region: String
    public var answer: JSONValue

    public init(region: String, answer: JSONValue) {
      self.region = region
      self.answer = answer
    }
  }

  public var frame: ConsoleFrame
  public var monitor: JSONValue
  /// The newest verdict, with its votes.
  public var verdict: JSONValue?
  /// Newest first.
  public var results: [JSONValue] = []
  public var latency: [Latency] = []
  /// Newest first.
  public var incidents: [JSONValue] = []

  public init(frame: ConsoleFrame, monitor: JSONValue) {
    self.frame = frame
    self.monitor = monitor
  }

  private var id: String { monitor["id"]?.stringValue ?? "" }
  private var name: String { monitor["name"]?.stringValue ?? "" }
  private var isPaused: Bool { monitor["paused"]?.boolValue == true }

  /// The regions that have something to say, in the order of their names.
  public var regions: [String] {
    let votes = (verdict?["votes"]?.elements ?? []).compactMap { $0["region"]?.stringValue }
    return Set(votes + results.compactMap { $0["region"]?.stringValue }).sorted()
  }

  /// Over which span response times are shown, and in which steps, seconds: a day, or less of a monitor
  /// that is younger.
  public var span: (seconds: Int64, step: Int64) {
    let made = monitor["created_at"]?.stringValue.flatMap(Instant.milliseconds) ?? 0
    switch (frame.now - made) / 1000 {
    case ..<7_200: return (3_600, 60)
    case ..<43_200: return (21_600, 300)
    default: return (86_400, 900)
    }
  }

  /// A moment as the API takes it (RFC 3339), of seconds since 1970.
  public static func time(seconds: Int64) -> String { MomentWords.internet(seconds &* 1000) }

  public func bytes() -> [UInt8] {
    frame.document(title: name) { writer in
      head(&writer)
      writer.raw("<div id=\"live\" data-live=\"\">\n")
      banner(&writer)
      warnings(&writer)
      if !regions.isEmpty { votes(&writer) }
      chart(&writer)
      happened(&writer)
      writer.raw("</div>\n")
      facts(&writer)
    }
  }

  private func head(_ writer: inout MarkupWriter) {
    writer.raw("<div class=\"head\"><h1>")
    writer.isolated(name)
    writer.raw("</h1><div class=\"acts\">")
    if frame.viewer?.may("monitors:write") == true {
      if !isPaused { writer.button("Probe now", "/monitors/\(id)/run", frame) }
      writer.button(
        isPaused ? "Resume" : "Pause", "/monitors/\(id)/\(isPaused ? "resume" : "pause")", frame)
      writer.raw("<a class=\"act\" href=\"/monitors/")
      writer.text(id)
      writer.raw("/edit\">Change</a><a class=\"act bad\" href=\"/monitors/")
      writer.text(id)
      writer.raw("/delete\">Delete</a>")
    }
    writer.raw("</div></div>\n")
  }

  private func banner(_ writer: inout MarkupWriter) {
    let shown = StateWords.monitor(monitor["state"]?.stringValue ?? "")
    writer.raw("<div class=\"banner n-")
    writer.raw(StateIcon.letter(shown.state))
    writer.raw("\"><span class=\"")
    writer.raw(StateIcon.letter(shown.state))
    writer.raw("\">")
    writer.icon(shown.state)
    writer.raw("</span><div><h2 data-say>")
    writer.text(shown.words)
    if let since = monitor["state_since"]?.stringValue.flatMap(Instant.milliseconds), !isPaused {
      writer.raw("</h2><p>Since ")
      writer.time(since)
      writer.raw(", for ")
      writer.text(Words.duration(since, frame.now))
    } else {
      writer.raw("</h2><p>")
      writer.raw(isPaused ? "It is not probed." : "No verdict yet.")
    }
    if monitor["in_maintenance"]?.boolValue == true { writer.raw(" \u{b7} In maintenance.") }
    writer.raw("</p></div></div>\n")
  }

  private func warnings(_ writer: inout MarkupWriter) {
    let warnings = monitor["warnings"]?.elements ?? []
    guard !warnings.isEmpty else { return }
    writer.raw("<div class=\"alert n-d\">")
    writer.icon(.degraded)
    writer.raw("<ul>")
    for warning in warnings {
      writer.raw("<li>")
      writer.isolated(warning["detail"]?.stringValue ?? "")
      writer.raw("</li>")
    }
    writer.raw("</ul></div>\n")
  }

  /// The newest result of each region, and whether its vote counted.
  private func votes(_ writer: inout MarkupWriter) {
    writer.raw("<h2>Regions</h2>\n<div class=\"wrap\"><table class=\"stack\"><thead><tr>")
    writer.raw("<th scope=\"col\">Region</th><th scope=\"col\">Last probe</th>")
    writer.raw("<th scope=\"col\">Reason</th><th scope=\"col\">Vote in the verdict</th>")
    writer.raw("<th scope=\"col\" class=\"num\">Took</th><th scope=\"col\" class=\"num\">Age</th>")
    writer.raw("</tr></thead><tbody>\n")
    for region in regions {
      row(
        region, results.first { $0["region"]?.stringValue == region },
        verdict?["votes"]?.elements.first { $0["region"]?.stringValue == region }, &writer)
    }
    writer.raw("</tbody></table></div>\n")
  }

  private func row(
    _ region: String, _ result: JSONValue?, _ vote: JSONValue?, _ writer: inout MarkupWriter
  ) {
    writer.raw("<tr><th scope=\"row\">")
    writer.isolated(region)
    writer.raw("</th><td>")
    if let outcome = result?["outcome"]?.stringValue {
      writer.shown(StateWords.vote(outcome))
    } else {
      writer.raw("<span class=\"q\">nothing yet</span>")
    }
    writer.raw("</td><td>")
    let failure = result?["failure"]
    writer.reason(failure?["reason_text"], failure?["detail"], status: result?["status"])
    writer.raw("</td><td data-name=\"Vote:\">")
    VoteWords.write(vote, into: &writer)
    writer.raw("</td><td class=\"num\" data-name=\"Took\">")
    if let total = result?["total_us"]?.integerValue {
      writer.text(Self.milliseconds(total))
    } else {
      writer.raw("\u{2013}")
    }
    writer.raw("</td><td class=\"num\" data-name=\"Age\">")
    if let at = result?["started_at"]?.stringValue.flatMap(Instant.milliseconds) {
      writer.age(of: at, at: frame.now)
    } else {
      writer.raw("\u{2013}")
    }
    writer.raw("</td></tr>\n")
  }

  static func milliseconds(_ microseconds: Int64) -> String {
    microseconds < 10_000
      ? "\(microseconds / 1000).\(microseconds / 100 % 10) ms" : "\(microseconds / 1000) ms"
  }

  private func chart(_ writer: inout MarkupWriter) {
    guard let times, times.series.contains(where: { $0.values.contains { $0 != nil } }) else {
      return
    }
    let seconds = times.step / 1000 * Int64(times.series.first?.values.count ?? 0)
    writer.raw("<h2>Response times of the last ")
    writer.text(DurationWords.text(seconds: seconds))
    writer.raw("</h2>\n<figure class=\"card\"><div class=\"scroll\" role=\"group\" tabindex=\"0\"")
    writer.raw(" aria-label=\"Chart of response times\">")
    let chart = ResponseChart(times, name: name)
    chart.write(into: &writer, isAlone: false)
    writer.raw("</div><figcaption class=\"more\"><details><summary>The same as a table</summary>")
    chart.writeTable(into: &writer)
    writer.raw("</details></figcaption></figure>\n")
  }

  /// The middles of all steps on one grid.
  private var times: ResponseTimes? {
    guard let first = latency.first?.answer,
      let since = first["since"]?.stringValue.flatMap(Instant.milliseconds),
      let until = first["until"]?.stringValue.flatMap(Instant.milliseconds),
      let step = first["step_s"]?.integerValue, step > 0
    else { return nil }
    let count = Int(min(max((until - since) / (step * 1000), 0), 1000))
    let series = latency.map { line in
      var values = [Int32?](repeating: nil, count: count)
      for one in line.answer["steps"]?.elements ?? [] {
        guard let at = one["at"]?.stringValue.flatMap(Instant.milliseconds),
          let middle = one["p50_us"]?.integerValue
        else { continue }
        let index = (at - since) / (step * 1000)
        if 0..<Int64(count) ~= index { values[Int(index)] = Int32(clamping: (middle + 500) / 1000) }
      }
      return ResponseTimes.Series(region: line.region, values: values)
    }
    return ResponseTimes(start: since, step: step * 1000, series: series)
  }

  private func happened(_ writer: inout MarkupWriter) {
    writer.raw("<h2>Recent incidents</h2>\n")
    guard !incidents.isEmpty else {
      writer.raw("<p class=\"none\">Nothing has happened.</p>\n")
      return
    }
    writer.raw("<ul class=\"rows\">\n")
    for incident in incidents {
      IncidentRow(incident: incident, now: frame.now).write(into: &writer)
    }
    writer.raw("</ul>\n")
  }

  private func facts(_ writer: inout MarkupWriter) {
    writer.raw("<h2>What it asks</h2>\n<dl class=\"facts card\"><dt>Target</dt><dd>")
    writer.isolated(MonitorRow.target(of: monitor["check"] ?? .null))
    writer.raw("</dd><dt>Kind</dt><dd>")
    writer.text((monitor["check"]?["kind"]?.stringValue ?? "").uppercased())
    writer.raw("</dd><dt>Every</dt><dd>")
    writer.text(DurationWords.text(seconds: monitor["interval_s"]?.integerValue ?? 0))
    writer.raw("</dd><dt>Timeout</dt><dd>")
    writer.number(monitor["timeout_ms"]?.integerValue ?? 0)
    writer.raw(" ms</dd><dt>Quorum</dt><dd>")
    writer.text(monitor["effective_policy"]?["kind"]?.stringValue ?? "")
    writer.raw(monitor["policy"]?.isNull == false ? "" : " (the organization's)")
    writer.raw("</dd></dl>\n")
  }
}

extension MarkupWriter {
  /// Why a probe ended as it did, each thing once.
  mutating func reason(
    _ sentence: JSONValue?, _ detail: JSONValue?, status: JSONValue?, further: JSONValue? = nil
  ) {
    var texts = [sentence?.stringValue, detail?.stringValue].compactMap { $0 }
    if texts.count == 2, texts[0] == texts[1] { texts.removeLast() }
    // The detail of a wrong status names it.
    if detail?.stringValue == nil, let status = status?.integerValue {
      texts.append("status \(status)")
    }
    if let further = further?.stringValue, !further.isEmpty { texts.append(further) }
    for (index, text) in texts.enumerated() {
      if index > 0 { raw(" \u{b7} ") }
      isolated(text)
    }
  }
}

/// What a region's vote said in a verdict, and whether it counted.
enum VoteWords {
  static func write(_ vote: JSONValue?, into writer: inout MarkupWriter) {
    guard let vote else {
      writer.raw("<span class=\"q\">none</span>")
      return
    }
    if let kind = vote["vote"]?.stringValue {
      writer.text(StateWords.vote(kind).words)
    } else {
      writer.raw("None")
    }
    if vote["counted"]?.boolValue == false {
      writer.raw("<span class=\"q\">, not counted: ")
      writer.isolated(vote["reason"]?.stringValue ?? vote["why_not"]?.stringValue ?? "")
      writer.raw("</span>")
    }
  }
}
