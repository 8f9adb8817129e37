import Alerts
import JSON

/// The forms of channels, made of what each kind declares: a form a kind, told apart by `kind`.
enum ChannelSchema {
  static let name = Schema.line(1...200).described("Unique in the organization.")
  static let names = ChannelKinds.all.map(\.name)

  static let new: Schema = Schema.one(of: ChannelKinds.all.map(new)).named("NewChannel")

  /// What a change may hold; of which kind its settings must be, only the channel says.
  static let change: Schema = Schema.sent([
    "name": name, "enabled": .bool,
    "settings": Schema.any(of: ChannelKinds.all.map(changedSettings)).described(
      "Replaces all settings that are not secret. A secret that is left out stays, unless the "
        + "host or address that hears it changes; `null` takes it away."),
  ]).named("ChannelChange")

  static let channel: Schema = Schema.one(of: ChannelKinds.all.map(told)).named("Channel")

  static let examples: [(name: String, body: JSONValue)] = ChannelKinds.all.map { kind in
    var settings = JSONObject()
    for setting in kind.settings where setting.isRequired {
      settings[setting.name] = setting.example
    }
    do throws(FieldErrors) {
      _ = try kind.read(.object(settings))
    } catch {
      // What else must be there, only the kind itself knows.
      for setting in kind.settings
      where error.errors.contains(where: { $0.pointer == "/" + setting.name }) {
        settings[setting.name] = setting.example
      }
    }
    return (
      kind.name,
      [
        "name": .string("our \(kind.name)"), "kind": .string(kind.name),
        "settings": .object(settings),
      ]
    )
  }

  private static func new(_ kind: any ChannelKind) -> Schema {
    Schema.sent(
      [
        "name": name, "kind": .exactly(kind.name), "enabled": Schema.bool.byDefault(true),
        "settings": sentSettings(kind),
      ], required: ["name", "kind", "settings"]
    ).described(kind.summary).named("NewChannel_\(kind.name)")
  }

  private static func told(_ kind: any ChannelKind) -> Schema {
    Schema.told([
      "id": .id, "name": .text, "kind": .exactly(kind.name), "enabled": .bool,
      "disabled_reason": Schema.text.nullable.described(
        "Why its receiver wanted no more, where that switched it off."),
      "settings": toldSettings(kind),
      "secrets": Schema.array(of: .words(secrets(kind))).described(
        "Which secrets are set. Their values are never told."),
      "created_at": .time, "updated_at": .time,
    ]).named("Channel_\(kind.name)")
  }

  private static func sentSettings(_ kind: any ChannelKind) -> Schema {
    settings(kind.settings) { ($0.isRequired, $0.isRequired) }
      .named("ChannelSettings_\(kind.name)")
  }

  private static func changedSettings(_ kind: any ChannelKind) -> Schema {
    // A required secret may be left out, but not taken away.
    settings(kind.settings) { ($0.isRequired && !$0.isSecret, $0.isRequired) }
      .named("ChangedChannelSettings_\(kind.name)")
  }

  private static func toldSettings(_ kind: any ChannelKind) -> Schema {
    settings(kind.settings.filter { !$0.isSecret }) {
      ($0.isRequired || $0.standard != nil, true)
    }
  }

  /// - Parameter rules: whether a setting must be there, and whether it may not be `null`.
  private static func settings(
    _ settings: [ChannelSetting], _ rules: (ChannelSetting) -> (required: Bool, notNull: Bool)
  ) -> Schema {
    var schema = Schema.sent([:])
    for setting in settings {
      let rule = rules(setting)
      var form = form(setting.form)
      if !rule.notNull { form = form.nullable }
      form = form.described(setting.help + (setting.isSecret ? " It is never told." : ""))
        .example(setting.example)
      if let standard = setting.standard { form = form.byDefault(standard) }
      schema = schema.including(required: rule.required ? [setting.name] : [], [setting.name: form])
    }
    return schema
  }

  private static func form(_ form: ChannelSetting.Form) -> Schema {
    switch form {
    case .text(let bytes): .line(bytes)
    case .token(let bytes): .string(bytes, pattern: "^[!-~]+$")
    case .url: .string(form.bytes, pattern: "^[a-zA-Z]+://[!-~]+$")
    case .host, .address: .string(form.bytes, pattern: "^[!-~]+$")
    case .integer(let range): .integer(range)
    case .word(let words): .words(words)
    case .flag: .bool
    case .list(let element, let most): .array(of: Self.form(element), count: 0...most)
    }
  }

  private static func secrets(_ kind: any ChannelKind) -> [String] {
    kind.settings.filter(\.isSecret).map(\.name)
  }
}
