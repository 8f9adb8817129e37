public import JSON
import Pages

/// Enrolling an agent: what it is to be, then the one command, then its first connection.
public struct EnrolmentView: Sendable {
  public var frame: ConsoleFrame
  public var fields: FormFields
  public var errors: FormErrors
  /// As `POST /api/v1/enrolment-tokens` answers, or `GET`, which has no command.
  public var token: JSONValue?
  /// The agent that used it.
  public var agent: JSONValue?

  public init(
    frame: ConsoleFrame, fields: FormFields = FormFields(), errors: FormErrors = FormErrors(),
    token: JSONValue? = nil, agent: JSONValue? = nil
  ) {
    self.frame = frame
    self.fields = fields
    self.errors = errors
    self.token = token
    self.agent = agent
  }

  private var fieldList: [Field] {
    [
      Field(
        name: "region", label: "Region",
        hint: "Such as eu-west: lower-case letters, digits, hyphens.",
        isOptional: true),
      Field(
        name: "provider", label: "Provider", hint: "Whose machine it is, such as hetzner.",
        isOptional: true),
      Field(
        name: "name", label: "Name", hint: "The machine's own where it is empty.", isOptional: true),
    ]
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Enrol an agent") { writer in
      writer.heading("Enrol an agent")
      if let token { made(token, &writer) } else { form(&writer) }
    }
  }

  private func form(_ writer: inout MarkupWriter) {
    writer.summary(errors, labels: fieldList.map { ($0.name, $0.label) })
    writer.form("/agents/new", frame, marks: " class=\"card\"")
    for var field in fieldList {
      field.value = fields[field.name]
      field.errors = errors.byField[field.name] ?? []
      field.write(into: &writer)
    }
    if frame.viewer?.may("operator") == true {
      Field(
        name: "shared", label: "Probes for",
        kind: .choice([("true", "All organizations"), ("false", "This organization")]),
        value: fields["shared"]
      ).write(into: &writer)
    }
    writer.raw("<div class=\"send\"><button class=\"main\">Make the command</button>")
    writer.raw("<a href=\"/agents\">Cancel</a></div></form>\n")
  }

  private func made(_ token: JSONValue, _ writer: inout MarkupWriter) {
    if let command = token["command"]?.stringValue {
      writer.raw("<div class=\"card\"><h2>Run this on the machine</h2>\n")
      writer.raw("<pre id=\"command\">")
      writer.text(command)
      writer.raw(
        "</pre>\n<div class=\"send\"><button type=\"button\" data-copy=\"command\" hidden>")
      writer.raw("Copy</button><p class=\"q\">It holds a secret that enrols one agent, once. ")
      writer.raw("It is shown now and never again.</p></div></div>\n")
    }
    let id = token["id"]?.stringValue ?? ""
    writer.raw("<div id=\"first\" data-every=\"2\" data-live=\"/agents/enrolments/")
    writer.text(id)
    writer.raw("\">\n")
    standing(token, &writer)
    writer.raw("</div>\n<p class=\"pages\"><a href=\"/agents/enrolments/")
    writer.text(id)
    writer.raw("\">Look whether it has connected</a></p>\n")
  }

  /// How far it is: awaited, enrolled, connected.
  private func standing(_ token: JSONValue, _ writer: inout MarkupWriter) {
    let isLive = agent?["state"]?.stringValue == "live"
    let state = token["state"]?.stringValue ?? ""
    let (shown, words): (ComponentState, String) =
      switch state {
      case "used": isLive ? (.up, "Connected") : (.maintenance, "Enrolled, connecting")
      case "revoked": (.noData, "The command was revoked")
      case "expired": (.noData, "The command has expired; make another")
      default: (.noData, "Waiting for its first connection")
      }
    writer.raw("<div class=\"banner n-")
    writer.raw(StateIcon.letter(shown))
    writer.raw("\"><span class=\"")
    writer.raw(StateIcon.letter(shown))
    writer.raw("\">")
    writer.icon(shown)
    writer.raw("</span><div><h2 data-say>")
    writer.text(words)
    writer.raw("</h2>")
    if let agent {
      writer.raw("<p>")
      writer.isolated(agent["name"]?.stringValue ?? "")
      writer.raw(" in ")
      writer.isolated(agent["region"]?.stringValue ?? "")
      writer.raw("</p>")
    } else if let end = token["expires_at"]?.stringValue.flatMap(Instant.milliseconds),
      state == "open"
    {
      writer.raw("<p>The command works until ")
      writer.time(end)
      writer.raw("</p>")
    }
    writer.raw("</div></div>\n")
  }
}
