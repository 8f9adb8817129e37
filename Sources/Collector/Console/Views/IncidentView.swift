public import JSON
import Pages

/// One incident: its timeline, the votes and the evidence, and what people say of it.
public struct IncidentView: Sendable {
  public var frame: ConsoleFrame
  /// As `GET /api/v1/incidents/{id}` answers.
  public var incident: JSONValue
  /// What channels were to be told of it, newest first.
  public var deliveries: [JSONValue]
  /// What was typed and could not be taken, by the form's last part of its path.
  public var typed: FormFields
  public var errors: FormErrors
  public var wrongForm: String

  /// How far an incident may be said to be, for the public.
  static let statuses = ["investigating", "identified", "monitoring", "resolved"]

  public init(
    frame: ConsoleFrame, incident: JSONValue, deliveries: [JSONValue],
    typed: FormFields = FormFields(), errors: FormErrors = FormErrors(), wrongForm: String = ""
  ) {
    self.frame = frame
    self.incident = incident
    self.deliveries = deliveries
    self.typed = typed
    self.errors = errors
    self.wrongForm = wrongForm
  }

  private var id: String { incident["id"]?.stringValue ?? "" }
  private var name: String { incident["monitor"]?["name"]?.stringValue ?? "" }
  private var isOpen: Bool { incident["open"]?.boolValue == true }
  private var mayWrite: Bool { frame.viewer?.may("incidents:write") == true }
  private func time(_ name: String) -> Int64? {
    incident[name]?.stringValue.flatMap(Instant.milliseconds)
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Incident of \(name)") { writer in
      writer.raw("<div class=\"head\"><h1><a href=\"/monitors/")
      writer.text(incident["monitor"]?["id"]?.stringValue ?? "")
      writer.raw("\">")
      writer.isolated(name)
      writer.raw("</a></h1></div>\n<div id=\"live\" data-live=\"\">\n")
      banner(&writer)
      acknowledge(&writer)
      writer.raw("<h2>Timeline</h2>\n")
      Timeline(incident: incident).write(into: &writer)
      writer.raw("</div>\n")
      forms(&writer)
      writer.raw("<div id=\"live-why\" data-live=\"\">\n")
      if !deliveries.isEmpty {
        writer.raw("<h2>Who was told</h2>\n")
        DeliveryList(deliveries: deliveries, frame: frame).write(into: &writer)
      }
      votes(&writer)
      evidence(&writer)
      members(&writer)
      writer.raw("</div>\n")
    }
  }

  private func banner(_ writer: inout MarkupWriter) {
    let severity = StateWords.monitor(incident["severity"]?.stringValue ?? "")
    let shown = isOpen ? severity.state : .up
    writer.raw("<div class=\"banner n-")
    writer.raw(StateIcon.letter(shown))
    writer.raw("\"><span class=\"")
    writer.raw(StateIcon.letter(shown))
    writer.raw("\">")
    writer.icon(shown)
    writer.raw("</span><div><h2 data-say>")
    writer.text(isOpen ? severity.words : "Over: it was \(severity.words.lowercased())")
    writer.raw("</h2><p>")
    writer.isolated(incident["monitor"]?["target"]?.stringValue ?? "")
    if let start = time("started_at") {
      writer.raw(" \u{b7} since ")
      writer.time(start)
      writer.raw(isOpen ? ", for " : ", lasted ")
      writer.text(Words.duration(start, time("ended_at") ?? frame.now))
    }
    writer.raw("</p></div></div>\n")
  }

  private func acknowledge(_ writer: inout MarkupWriter) {
    if let at = time("acknowledged_at") {
      writer.raw("<p class=\"q\">Acknowledged ")
      writer.time(at)
      writer.raw("</p>\n")
    } else if isOpen, mayWrite {
      writer.button(
        "Acknowledge", "/incidents/\(id)/acknowledge", frame, marks: " class=\"main\"")
    }
    if let at = time("resolved_at") {
      writer.raw("<p class=\"q\">Said to be over ")
      writer.time(at)
      writer.raw("</p>\n")
    } else if isOpen, mayWrite, incident["severity"] == "unknown" {
      // Where a verdict says that it lasts, the API takes nobody's word for its end.
      writer.button("It is over", "/incidents/\(id)/resolve", frame)
    }
  }

  private func forms(_ writer: inout MarkupWriter) {
    guard mayWrite else { return }
    writer.raw("<h2>Say something</h2>\n")
    writer.summary(
      errors,
      labels: [
        ("text-comments", "Note for colleagues"), ("text-updates", "Update for the public"),
        ("status", "How far it is"),
      ])
    writer.raw("<div class=\"two\"><div class=\"card\">")
    writer.form("/incidents/\(id)/comments", frame)
    text("comments", "Note for colleagues", "", &writer)
    writer.raw("<div class=\"send\"><button>Add the note</button></div></form></div>\n")
    writer.raw("<div class=\"card\">")
    writer.form("/incidents/\(id)/updates", frame)
    Field(
      name: "status", label: "How far it is",
      kind: .choice(Self.statuses.map { ($0, $0.prefix(1).uppercased() + $0.dropFirst()) }),
      value: wrongForm == "updates" ? typed["status"] : ""
    ).write(into: &writer)
    text("updates", "Update for the public", "Stands on the status page.", &writer)
    writer.raw("<div class=\"send\"><button>Publish the update</button></div></form></div></div>\n")
  }

  /// The two texts have names of their own, since both stand on the page.
  private func text(
    _ form: String, _ label: String, _ hint: String, _ writer: inout MarkupWriter
  ) {
    Field(
      name: "text-\(form)", label: label, kind: .area(rows: 3), hint: hint,
      value: wrongForm == form ? typed["text-\(form)"] : "",
      errors: errors.byField["text-\(form)"] ?? []
    ).write(into: &writer)
  }

  /// The votes of the verdict that opened it, and of the newest.
  private func votes(_ writer: inout MarkupWriter) {
    let verdicts = incident["verdicts"]?.elements ?? []
    guard !verdicts.isEmpty else { return }
    writer.raw("<h2>Verdicts and their votes</h2>\n")
    for (index, verdict) in verdicts.enumerated().reversed() {
      writer.raw(index == 0 ? "<details class=\"card\" open>" : "<details class=\"card\">")
      writer.raw("<summary>")
      writer.shown(StateWords.monitor(verdict["verdict"]?.stringValue ?? ""))
      if let at = verdict["decided_at"]?.stringValue.flatMap(Instant.milliseconds) {
        writer.raw(" <span class=\"q\">")
        writer.time(at)
        writer.raw("</span>")
      }
      let tally = verdict["tally"]
      writer.raw(" <span class=\"q\">\u{b7} ")
      writer.number(tally?["down"]?.integerValue ?? 0)
      writer.raw(" of ")
      writer.number(tally?["voting"]?.integerValue ?? 0)
      writer.raw(" down, ")
      writer.number(tally?["required"]?.integerValue ?? 0)
      writer.raw(" needed</span></summary>\n<table class=\"stack\"><thead><tr>")
      writer.raw("<th scope=\"col\">Region</th><th scope=\"col\">Vote</th>")
      writer.raw("<th scope=\"col\">Reason</th><th scope=\"col\" class=\"num\">Age</th>")
      writer.raw("</tr></thead><tbody>\n")
      for vote in verdict["votes"]?.elements ?? [] { row(vote, &writer) }
      writer.raw("</tbody></table></details>\n")
    }
  }

  private func row(_ vote: JSONValue, _ writer: inout MarkupWriter) {
    writer.raw("<tr><th scope=\"row\">")
    writer.isolated(vote["region"]?.stringValue ?? "")
    writer.raw("</th><td>")
    VoteWords.write(vote, into: &writer)
    writer.raw("</td><td>")
    let evidence = vote["evidence"]
    writer.reason(evidence?["reason_text"], evidence?["detail"], status: evidence?["status"])
    writer.raw("</td><td class=\"num\" data-name=\"Age\">")
    if let age = vote["age_ms"]?.integerValue {
      writer.text(DurationWords.text(seconds: age / 1000))
    } else {
      writer.raw("\u{2013}")
    }
    writer.raw("</td></tr>\n")
  }

  private func evidence(_ writer: inout MarkupWriter) {
    let evidence = incident["evidence"]?.elements ?? []
    guard !evidence.isEmpty else { return }
    writer.raw("<h2>What the agents saw</h2>\n")
    for one in evidence.prefix(50) {
      writer.raw("<details class=\"card\"><summary>")
      writer.shown(StateWords.vote(one["outcome"]?.stringValue ?? "unknown"))
      writer.raw(" <span>")
      writer.isolated(one["region"]?.stringValue ?? "")
      writer.raw("</span> <span class=\"q\">")
      writer.isolated(one["reason_text"]?.stringValue ?? "")
      if let at = one["started_at"]?.stringValue.flatMap(Instant.milliseconds) {
        writer.raw(" \u{b7} ")
        writer.time(at)
      }
      writer.raw("</span></summary>\n")
      for (name, words) in [
        ("address", "Address"), ("presence", "Presence"), ("attempts", "Attempts"),
        ("resolver", "Resolver"), ("headers", "Headers"), ("body_excerpt", "Body"),
        ("traceroute", "Route"),
      ] as [(String, StaticString)] {
        guard let text = one[name]?.stringValue, !text.isEmpty else { continue }
        writer.raw("<h3>")
        writer.raw(words)
        writer.raw("</h3><pre dir=\"auto\">")
        writer.text(text)
        writer.raw("</pre>\n")
      }
      writer.raw("</details>\n")
    }
  }

  private func members(_ writer: inout MarkupWriter) {
    let members = incident["members"]?.elements ?? []
    guard !members.isEmpty else { return }
    writer.raw("<h2>Of the same cause</h2>\n<ul class=\"rows\">\n")
    for member in members { IncidentRow(incident: member, now: frame.now).write(into: &writer) }
    writer.raw("</ul>\n")
  }
}
