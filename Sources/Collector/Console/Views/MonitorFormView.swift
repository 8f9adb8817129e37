public import JSON
import Pages

/// Making or changing a monitor, with what came of trying it.
public struct MonitorFormView: Sendable {
  public var frame: ConsoleFrame
  public var fields: FormFields
  public var errors = FormErrors()
  /// The monitor that is changed; `nil` of a new one.
  public var id: String?
  /// The version that the form was made of.
  public var version = ""
  /// Regions that can be ticked; `nil` for who may not see which there are.
  public var regions: [String]?
  /// As `GET /api/v1/checks/{id}` answers.
  public var trial: JSONValue?

  public init(frame: ConsoleFrame, fields: FormFields, id: String? = nil) {
    self.frame = frame
    self.fields = fields
    self.id = id
  }

  private var kind: String { fields["kind"] }

  public func bytes() -> [UInt8] {
    frame.document(title: id == nil ? "New monitor" : "Change the monitor") { writer in
      writer.heading(id == nil ? "New monitor" : "Change the monitor")
      if id == nil { tabs(&writer) }
      writer.summary(errors, labels: labels)
      if let trial { TrialTable(trial: trial).write(into: &writer) }
      writer.form(id.map { "/monitors/\($0)/edit" } ?? "/monitors/new", frame)
      writer.hidden("kind", kind)
      writer.hidden("version", version)
      writer.raw("<div class=\"two\"><div class=\"card\">")
      field(
        Field(name: "name", label: "Name", isFirst: id == nil && errors.isEmpty && trial == nil),
        &writer)
      for member in CheckForm.members(kind) { field(Self.field(member), &writer) }
      more(&writer)
      writer.raw("</div><div><div class=\"card\"><div class=\"pair\">")
      field(
        Field(name: "interval_s", label: "Every", hint: "Seconds, from 5.", isNumber: true), &writer
      )
      field(
        Field(name: "timeout_ms", label: "Timeout", hint: "Milliseconds.", isNumber: true), &writer)
      writer.raw("</div>")
      ticks(&writer)
      field(
        Field(name: "tags", label: "Tags", hint: "With commas between.", isOptional: true), &writer)
      writer.raw("</div></div></div>\n<div class=\"send\">")
      writer.raw("<button class=\"main\" name=\"do\" value=\"save\">")
      writer.raw(id == nil ? "Save the monitor" : "Save the changes")
      writer.raw("</button><button name=\"do\" value=\"try\">Test before saving</button>")
      writer.raw("<a href=\"")
      writer.text(id.map { "/monitors/\($0)" } ?? "/monitors")
      writer.raw("\">Cancel</a></div></form>\n")
    }
  }

  private static func field(_ member: CheckForm.Member) -> Field {
    var field = Field(
      name: CheckForm.field(member), label: member.label, hint: member.hint,
      isOptional: member.isOptional)
    if case .lines = member.shape { field.kind = .area(rows: 2) }
    if case .integer = member.shape { field.isNumber = true }
    return field
  }

  private func field(_ field: Field, _ writer: inout MarkupWriter) {
    var field = field
    field.value = fields[field.name]
    field.errors = errors.byField[field.name] ?? []
    field.write(into: &writer)
  }

  private var labels: [(name: String, label: String)] {
    [("name", "Name")] + CheckForm.members(kind).map { (CheckForm.field($0), $0.label) }
      + [
        ("more", "More of the check"), ("interval_s", "Every"), ("timeout_ms", "Timeout"),
        ("regions", "Regions"), ("tags", "Tags"),
      ]
  }

  private func tabs(_ writer: inout MarkupWriter) {
    writer.raw("<nav aria-label=\"Kind of check\"><ul class=\"tabs\">")
    for other in CheckForm.kinds {
      writer.raw("<li><a href=\"/monitors/new?kind=")
      writer.text(other)
      writer.raw(other == kind ? "\" aria-current=\"page\">" : "\">")
      writer.text(
        other == "websocket" ? "WebSocket" : other == "grpc" ? "gRPC" : other.uppercased())
      writer.raw("</a></li>")
    }
    writer.raw("</ul></nav>\n")
  }

  /// Unfolded where something stands in it.
  private func more(_ writer: inout MarkupWriter) {
    let isOpen = errors.byField["more"] != nil || (id == nil && !fields["more"].isEmpty)
    writer.raw(isOpen ? "<details open>" : "<details>")
    writer.raw("<summary>More of the check, as JSON</summary>")
    field(
      Field(
        name: "more", label: "More of the check", kind: .area(rows: 6),
        hint: "Members that the API knows beside those above: headers, auth, tls and others.",
        isOptional: true), &writer)
    writer.raw("</details>")
  }

  private func ticks(_ writer: inout MarkupWriter) {
    let ticked = fields.all("regions")
    let known = regions ?? []
    let all = known + ticked.filter { !known.contains($0) && !$0.isEmpty }
    let wrong = errors.byField["regions"]
    writer.raw("<fieldset class=\"field\" id=\"f-regions\"")
    if wrong != nil { writer.raw(" aria-describedby=\"e-regions\"") }
    writer.raw("><legend>Regions</legend><p class=\"hint\">None is all there are.</p>")
    writer.raw("<div class=\"ticks\">")
    for region in all {
      writer.raw("<label><input type=\"checkbox\" name=\"regions\" value=\"")
      writer.text(region)
      writer.raw(ticked.contains(region) ? "\" checked>" : "\">")
      writer.isolated(region)
      writer.raw("</label>")
    }
    writer.raw("</div>")
    if all.isEmpty, regions != nil { writer.raw("<p class=\"q\">No agent is known yet.</p>") }
    if let wrong {
      writer.raw("<p class=\"wrong\" id=\"e-regions\">")
      writer.icon(.down)
      writer.raw("<span>Regions ")
      writer.text(wrong.joined(separator: "; "))
      writer.raw("</span></p>")
    }
    writer.raw("</fieldset>\n")
  }
}

/// What each region answered to a check that was tried.
struct TrialTable {
  let trial: JSONValue

  func write(into writer: inout MarkupWriter) {
    writer.raw("<h2 id=\"trial\">What the regions see</h2>\n<div class=\"wrap\" role=\"status\">")
    writer.raw("<table class=\"stack\"><thead><tr><th scope=\"col\">Region</th>")
    writer.raw("<th scope=\"col\">Outcome</th><th scope=\"col\">Reason</th>")
    writer.raw("<th scope=\"col\" class=\"num\">Time</th></tr></thead><tbody>\n")
    for region in trial["regions"]?.elements ?? [] { row(region, &writer) }
    writer.raw("</tbody></table></div>\n")
    if (trial["regions"]?.elements ?? []).isEmpty {
      writer.raw("<p class=\"none\">There is no region yet: enrol an agent first.</p>\n")
    }
    writer.raw("<p class=\"q more\">Nothing of this is kept.</p>\n")
  }

  private func row(_ region: JSONValue, _ writer: inout MarkupWriter) {
    writer.raw("<tr><th scope=\"row\">")
    writer.isolated(region["region"]?.stringValue ?? "")
    writer.raw("</th><td>")
    if let outcome = region["outcome"]?.stringValue {
      writer.shown(StateWords.vote(outcome))
    } else {
      writer.raw("<span class=\"q\">awaited</span>")
    }
    writer.raw("</td><td>")
    writer.reason(
      region["reason_text"], region["detail"], status: region["status"],
      further: region["address"])
    writer.raw("</td><td class=\"num\">")
    switch region["phases_ms"]?["total"] {
    case .integer(let number)?: writer.text("\(number) ms")
    case .number(let number)?: writer.text("\((number * 10).rounded() / 10) ms")
    default: writer.raw("\u{2013}")
    }
    writer.raw("</td></tr>\n")
  }
}
