public import JSON

/// How a channel's form and the API's body become one another, by what its kind declares: a kind more
/// needs nothing here.
public struct ChannelForm: Sendable {
  /// One setting of the kind, as the API tells of it.
  struct Setting: Sendable {
    var name: String
    var form: String
    var isList: Bool
    /// What a `word` may be.
    var words: [String]
    var isRequired: Bool
    var isSecret: Bool
    var standard: JSONValue
    var example: String
    var help: String

    init(_ told: JSONValue) {
      name = told["name"]?.stringValue ?? ""
      form = told["form"]?.stringValue ?? "text"
      isList = told["list"]?.boolValue ?? false
      words = (told["words"]?.elements ?? []).compactMap(\.stringValue)
      isRequired = told["required"]?.boolValue ?? false
      isSecret = told["secret"]?.boolValue ?? false
      standard = told["standard"] ?? .null
      example = ChannelForm.text(told["example"] ?? .null)
      help = told["help"]?.stringValue ?? ""
    }
  }

  /// As `GET /api/v1/channel-kinds` names it.
  public var name: String
  public var title: String
  public var summary: String
  var settings: [Setting]

  /// - Parameter kind: an element of what `GET /api/v1/channel-kinds` answers.
  public init(kind: JSONValue) {
    name = kind["name"]?.stringValue ?? ""
    title = kind["title"]?.stringValue ?? name
    summary = kind["summary"]?.stringValue ?? ""
    settings = (kind["settings"]?.elements ?? []).map(Setting.init)
  }

  /// The name of a setting's field.
  static func field(_ setting: Setting) -> String { "set-\(setting.name)" }

  /// The name of the box that takes a secret away.
  static func removal(_ setting: Setting) -> String { "remove-\(setting.name)" }

  /// A setting's name as words: `api_url` is "API URL".
  static func label(_ setting: Setting) -> String {
    let words = setting.name.split(separator: "_").map { word in
      ["url", "api", "id"].contains(word) ? word.uppercased() : String(word)
    }
    let text = words.joined(separator: " ")
    return text.prefix(1).uppercased() + text.dropFirst()
  }

  // MARK: - Form to body

  /// What `POST` and `PATCH` of a channel take. A secret that is not typed is left out, so that it stays
  /// what it is; one that is ticked for it is taken away. What can't be right is sent all the same, for
  /// the API to refuse.
  ///
  /// - Parameter isNew: whether it names its kind.
  public func body(_ fields: FormFields, isNew: Bool) -> JSONValue {
    var sent = JSONObject()
    for setting in settings {
      let typed = fields[Self.field(setting)]
      var text = CheckForm.trimmed(typed)
      // What was pasted often ends with a space or a line; a password may begin and end with spaces.
      if setting.name == "password", !text.isEmpty { text = typed.filter { !$0.isNewline } }
      if !text.isEmpty {
        sent[setting.name] = Self.value(text, setting)
      } else if setting.isSecret, !fields[Self.removal(setting)].isEmpty {
        sent[setting.name] = .null
      }
    }
    var body = JSONObject()
    body["name"] = .string(fields["name"])
    if isNew { body["kind"] = .string(name) }
    body["settings"] = .object(sent)
    return .object(body)
  }

  private static func value(_ text: String, _ setting: Setting) -> JSONValue {
    guard !setting.isList else { return .strings(CheckForm.parts(text, "\n")) }
    switch setting.form {
    case "integer": return CheckForm.number(text)
    case "flag": return text == "true" ? true : text == "false" ? false : .string(text)
    default: return .string(text)
    }
  }

  /// Which field a member of the body comes from.
  public func field(of pointer: String) -> String? {
    let parts = pointer.split(separator: "/").map(String.init)
    switch parts.first {
    case "name": return "name"
    case "settings" where parts.count > 1:
      return settings.first { $0.name == parts[1] }.map(Self.field)
    default: return nil
    }
  }

  // MARK: - Channel to form

  /// The form of a new channel: what is taken where nothing is said stands in it.
  public func fields() -> FormFields {
    var fields = FormFields()
    for setting in settings { fields[Self.field(setting)] = Self.text(setting.standard) }
    return fields
  }

  /// The form of a channel as the API tells it: without its secrets, which are never told.
  public func fields(of channel: JSONValue) -> FormFields {
    var fields = FormFields()
    fields["name"] = channel["name"]?.stringValue ?? ""
    for setting in settings {
      fields[Self.field(setting)] = Self.text(channel["settings"]?[setting.name] ?? .null)
    }
    return fields
  }

  /// A value as it stands in a field.
  static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .string(let text): text
    case .array(let values): values.map { $0.stringValue ?? $0.text }.joined(separator: "\n")
    default: value.text
    }
  }
}
