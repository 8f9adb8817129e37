public import JSON

/// How a monitor's form and the API's body become one another.
///
/// The fields of a kind stand in the form; whatever else its check may have stands beside them as JSON
/// (`more`), so that nothing of the API is out of reach, and nothing is lost by changing a name.
public enum CheckForm {
  enum Shape {
    case text
    case integer
    /// A line each.
    case lines
    /// With commas between.
    case words
  }

  struct Member {
    var name: String
    var label: String
    var hint = ""
    var shape = Shape.text
    var isOptional = true
    var byDefault = ""
  }

  public static let kinds = ["http", "tcp", "tls", "dns", "icmp", "udp", "grpc", "websocket"]

  /// The members of a kind's check that have fields.
  static func members(_ kind: String) -> [Member] {
    let host = Member(
      name: "host", label: "Host", hint: "A name or an address.", isOptional: false)
    let port = Member(name: "port", label: "Port", shape: .integer, isOptional: false)
    let days = Member(
      name: "degraded_below_certificate_days", label: "Warn before the certificate ends",
      hint: "Days; with fewer left it is degraded.", shape: .integer)
    let conditions = Member(
      name: "conditions", label: "Conditions",
      hint: "A line each, such as [RESPONSE_TIME] < 500; all must hold.", shape: .lines)
    let own: [Member] =
      switch kind {
      case "tcp": [host, port]
      case "tls": [host, port, days]
      case "dns":
        [
          Member(name: "name", label: "Name to ask for", isOptional: false),
          Member(name: "type", label: "Type", byDefault: "A"),
          Member(
            name: "servers", label: "Name servers",
            hint: "With commas between; without any, those of the agents.", shape: .words),
        ]
      case "icmp": [host]
      case "udp":
        [
          host, port, Member(name: "send", label: "Send"),
          Member(name: "expect", label: "Expect", hint: "A pattern that the answer must match."),
        ]
      case "grpc": [host, port, Member(name: "service", label: "Service")]
      case "websocket":
        [
          Member(
            name: "url", label: "Address", hint: "Such as wss://example.org/feed.",
            isOptional: false)
        ]
      default:
        [
          Member(
            name: "url", label: "Address", hint: "Such as https://example.org/.", isOptional: false),
          Member(name: "method", label: "Method", byDefault: "GET"),
          Member(
            name: "status", label: "Statuses that are up", hint: "With commas between.",
            shape: .words, byDefault: "200-399"),
          Member(
            name: "contains", label: "The answer must contain", hint: "A line each.", shape: .lines),
        ]
      }
    return own + [conditions]
  }

  /// The name of a member's field.
  static func field(_ member: Member) -> String { "check-\(member.name)" }

  // MARK: - Form to body

  /// The check that the form describes. What can't be one is sent all the same, so that the API says
  /// what is wrong; only what is no JSON is noted here.
  public static func check(_ fields: FormFields, errors: inout FormErrors) -> JSONValue {
    let kind = kinds.contains(fields["kind"]) ? fields["kind"] : "http"
    var check = JSONObject()
    check["kind"] = .string(kind)
    let more = fields["more"]
    if more.contains(where: { !$0.isWhitespace }) {
      if case .object(let object)? = try? JSONValue(parsing: more) {
        for member in object.members where member.name != "kind" {
          check[member.name] = member.value
        }
      } else {
        errors.add("more", "must be a JSON object, such as {\"max_redirects\": 0}")
      }
    }
    for member in members(kind) {
      let text = trimmed(fields[field(member)])
      guard !text.isEmpty else { continue }
      check[member.name] = value(text, member)
    }
    return .object(check)
  }

  private static func value(_ text: String, _ member: Member) -> JSONValue {
    switch member.shape {
    case .text: return .string(text)
    case .integer: return number(text)
    case .lines: return .strings(parts(text, "\n"))
    case .words:
      return .array(
        parts(text, ",").map { member.name == "status" ? number($0) : .string($0) })
    }
  }

  /// A number, or the text that is none, for the API to refuse.
  static func number(_ text: String) -> JSONValue {
    Int64(text).map { .integer($0) } ?? .string(text)
  }

  static func parts(_ text: String, _ separator: Character) -> [String] {
    text.split(separator: separator).map { trimmed(String($0)) }.filter { !$0.isEmpty }
  }

  /// Without white space before and behind.
  static func trimmed(_ text: String) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
    return String(
      decoding: text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed(),
      as: UTF8.self)
  }

  /// The whole body for `POST` and `PATCH` of a monitor.
  public static func monitor(_ fields: FormFields, errors: inout FormErrors) -> JSONValue {
    var body = JSONObject()
    body["name"] = .string(fields["name"])
    body["check"] = check(fields, errors: &errors)
    for name in ["interval_s", "timeout_ms"] where !trimmed(fields[name]).isEmpty {
      body[name] = number(trimmed(fields[name]))
    }
    body["regions"] = regions(fields)
    body["tags"] = .strings(parts(fields["tags"], ","))
    return .object(body)
  }

  /// What `POST /api/v1/checks` takes.
  public static func trial(_ fields: FormFields, errors: inout FormErrors) -> JSONValue {
    var body = JSONObject()
    body["check"] = check(fields, errors: &errors)
    if !trimmed(fields["timeout_ms"]).isEmpty {
      body["timeout_ms"] = number(trimmed(fields["timeout_ms"]))
    }
    body["regions"] = regions(fields)
    return .object(body)
  }

  /// Those that are ticked; none is all there are.
  private static func regions(_ fields: FormFields) -> JSONValue {
    let ticked = fields.all("regions").filter { !$0.isEmpty }
    return ticked.isEmpty ? .null : .strings(ticked)
  }

  /// Which field a member of the body comes from.
  public static func field(of pointer: String, kind: String) -> String? {
    let parts = pointer.split(separator: "/").map(String.init)
    switch parts.first {
    case "name", "interval_s", "timeout_ms", "regions", "tags": return parts[0]
    case "check":
      guard parts.count > 1 else { return "more" }
      return members(kind).first { $0.name == parts[1] }.map(field) ?? "more"
    default: return nil
    }
  }

  // MARK: - Monitor to form

  /// The form of a new monitor.
  public static func fields(kind: String) -> FormFields {
    var fields = FormFields()
    fields["kind"] = kinds.contains(kind) ? kind : "http"
    fields["interval_s"] = "60"
    fields["timeout_ms"] = "10000"
    for member in members(fields["kind"]) { fields[field(member)] = member.byDefault }
    return fields
  }

  /// The form of a monitor as the API tells it.
  public static func fields(of monitor: JSONValue) -> FormFields {
    let check = monitor["check"] ?? .null
    var fields = FormFields()
    fields["kind"] = check["kind"]?.stringValue ?? "http"
    fields["name"] = monitor["name"]?.stringValue ?? ""
    for name in ["interval_s", "timeout_ms"] {
      fields[name] = monitor[name]?.integerValue.map { String($0) } ?? ""
    }
    fields["tags"] = (monitor["tags"]?.elements ?? []).compactMap(\.stringValue)
      .joined(separator: ", ")
    fields.set("regions", all: (monitor["regions"]?.elements ?? []).compactMap(\.stringValue))
    let members = members(fields["kind"])
    for member in members {
      fields[field(member)] = text(check[member.name] ?? .null, member)
    }
    guard case .object(let object) = check else { return fields }
    var more = JSONObject()
    for one in object.members
    where one.name != "kind" && !one.value.isNull
      && !members.contains(where: { $0.name == one.name })
    {
      more[one.name] = one.value
    }
    fields["more"] = more.members.isEmpty ? "" : JSONValue.object(more).indentedText
    return fields
  }

  private static func text(_ value: JSONValue, _ member: Member) -> String {
    switch value {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .array(let values):
      return values.map { $0.stringValue ?? $0.text }
        .joined(separator: member.shape == .lines ? "\n" : ", ")
    default: return ""
    }
  }
}
