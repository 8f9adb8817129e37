import Alerts
import JSON
import Store

/// `/api/v1/channel-kinds`: what kinds of channels there are, and what each must be told.
enum ChannelKindResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/channel-kinds", .scope(.channelsRead),
      Operation(
        "listChannelKinds", .alerting, "List the kinds of channels",
        "With the settings that each takes, in the order in which people are asked for them.",
        answer: .ok(
          .told(["items": .array(of: kind)]), "Kinds.")), handler: list)
  ]

  private static let kind: Schema = Schema.told([
    "name": .words(ChannelSchema.names), "title": .text, "summary": .text,
    "settings": .array(of: setting),
    "joins": Schema.bool.described("Whether many incidents may become one message."),
    "burst": Schema.count.described("How many messages at once."),
    "messages_per_second": Schema.number.described("How many a second after that."),
  ]).named("ChannelKind")

  private static let setting: Schema = Schema.told([
    "name": .text,
    "form": .words(["text", "token", "url", "host", "address", "integer", "word", "flag"]),
    "list": Schema.bool.described("Whether it takes an array of such."),
    "words": Schema.array(of: .text).described("What a `word` may be; empty for other forms."),
    "required": .bool, "secret": .bool,
    "standard": Schema.anything.described("What is taken where it is left out."),
    "example": Schema.anything,
    "help": .text,
  ]).named("ChannelSetting")

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    .ok(["items": .array(ChannelKinds.all.map(json))])
  }

  private static func json(_ kind: any ChannelKind) -> JSONValue {
    [
      "name": .string(kind.name), "title": .string(kind.title), "summary": .string(kind.summary),
      "settings": .array(kind.settings.map(json)), "joins": .bool(kind.limits.joins),
      "burst": .integer(Int64(kind.limits.burst)),
      "messages_per_second": .number(kind.limits.messagesPerSecond),
    ]
  }

  private static func json(_ setting: ChannelSetting) -> JSONValue {
    var form = setting.form
    var isList = false
    if case .list(let element, _) = form { (form, isList) = (element, true) }
    let (name, words) = words(form)
    return [
      "name": .string(setting.name), "form": .string(name), "list": .bool(isList),
      "words": .strings(words), "required": .bool(setting.isRequired),
      "secret": .bool(setting.isSecret), "standard": setting.standard ?? .null,
      "example": setting.example, "help": .string(setting.help),
    ]
  }

  private static func words(_ form: ChannelSetting.Form) -> (name: String, words: [String]) {
    switch form {
    case .text: ("text", [])
    case .token: ("token", [])
    case .url: ("url", [])
    case .host: ("host", [])
    case .address: ("address", [])
    case .integer: ("integer", [])
    case .word(let words): ("word", words)
    case .flag: ("flag", [])
    case .list: ("text", [])
    }
  }
}
