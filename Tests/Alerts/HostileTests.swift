import JSON
import Quorum
import Testing

@testable import Alerts

/// Names and reasons that try to be more than text, in every kind of channel.
struct HostileTests {
  private typealias S = Samples

  static let names = [
    "<b>bold</b> & \"quoted\" 'single'", "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "\u{202e}gnp.exe\u{202c} \u{2066}x", "אתר ראשי", "متجر",
    "🔥👨‍👩‍👧‍👦🇩🇪 shop", "a\r\nBcc: victim@example.org\r\n\r\nbody", String(repeating: "x", count: 10_000),
    String(repeating: "&<>\"'", count: 2000), String(repeating: "👨‍👩‍👧‍👦", count: 3000),
    "@everyone @here <@123> <@&4>", "<!channel> <!here|x> <https://evil.example|click>",
    "*bold* _it_ ~no~ `code` ```block``` || [a](https://evil.example)",
    "\u{0}\u{7}\u{1b}[31m\u{7f}",
    "<\u{338}script>", "e" + String(repeating: "\u{301}", count: 5000), "%0d%0a{{7*7}}${x}#{y}",
    "=?utf-8?B?PGI+?=", ".\n.\r\n.", "\\\"},{\"admin\":true", "",
  ]

  /// All strings of a JSON value.
  private static func strings(_ value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap(strings)
    case .object(let object): object.members.flatMap { [$0.name] + strings($0.value) }
    case .null, .bool, .integer, .number: []
    }
  }

  /// The members and lengths of a JSON value, whatever its texts are.
  private static func shape(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(shape))
    case .object(let object):
      var shaped = JSONObject()
      for member in object.members { shaped[member.name] = shape(member.value) }
      return .object(shaped)
    case .string: return ""
    case .null, .bool, .integer, .number: return value
    }
  }

  private static func messages(_ name: String) -> [AlertMessage] {
    let notice = S.notice(
      .began, .partial, name: name, target: name.isEmpty ? "x" : "x" + name, cause: "x" + name,
      failing: ["x" + name], domain: name)
    let items = (0..<25).map { index in
      var one = notice
      one.number = Int64(index)
      return AlertItem(one)
    }
    return [AlertMessage(AlertItem(notice), now: S.began)]
      + [AlertMessage(items, link: S.link, now: S.began)].compactMap { $0 }
  }

  @Test(arguments: names.indices)
  func `a name changes no request but by its text`(index: Int) throws {
    let name = Self.names[index]
    for kind in ChannelKinds.all where kind.name != "email" {
      for (message, plain) in zip(Self.messages(name), Self.messages("plain")) {
        let request = try S.http(kind, message)
        let usual = try S.http(kind, plain)
        #expect(request.url == usual.url)
        #expect(request.headers.map(\.name) == usual.headers.map(\.name))
        #expect(request.headers.allSatisfy { $0.value.utf8.allSatisfy { 0x20..<0x7f ~= $0 } })
        let body = try JSONValue(parsing: request.body)
        // A list may hold fewer of long lines than of short ones.
        if !message.isDigest {
          #expect(try Self.shape(body) == Self.shape(JSONValue(parsing: usual.body)))
        }
        #expect(request.body.count < 28_000)
        for text in Self.strings(body) {
          #expect(text.unicodeScalars.allSatisfy { !Self.acts($0) })
          #expect(!text.contains("\r"))
        }
      }
    }
  }

  /// What must never reach anybody, line breaks of our own aside.
  private static func acts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0a: false
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2066, 0x2067, 0xfeff: true
    default: false
    }
  }

  @Test(arguments: names.indices)
  func `texts stay within each provider's limits`(index: Int) throws {
    let name = Self.names[index]
    for message in Self.messages(name) {
      let slack = try JSONValue(parsing: S.http(SlackChannel(), message).body)
      let blocks = try #require(slack["attachments"]?.elements.first?["blocks"]?.elements)
      #expect((blocks[0]["text"]?["text"]?.stringValue?.count ?? 999) <= 150)
      for block in blocks {
        #expect((block["text"]?["text"]?.stringValue?.utf16.count ?? 0) <= 3000)
        #expect((block["fields"]?.elements.count ?? 0) <= 10)
        for field in block["fields"]?.elements ?? [] {
          #expect((field["text"]?.stringValue?.utf16.count ?? 9999) <= 2000)
        }
      }
      let embed = try #require(
        JSONValue(parsing: S.http(DiscordChannel(), message).body)["embeds"]?.elements.first)
      #expect((embed["title"]?.stringValue?.utf16.count ?? 999) <= 256)
      #expect((embed["description"]?.stringValue?.utf16.count ?? 0) <= 4096)
      #expect(Self.strings(embed).map(\.utf16.count).reduce(0, +) <= 6000)
      for field in embed["fields"]?.elements ?? [] {
        #expect(1...1024 ~= field["value"]?.stringValue?.utf16.count ?? 0)
      }
      let telegram = try JSONValue(parsing: S.http(TelegramChannel(), message).body)
      #expect((telegram["text"]?.stringValue?.utf16.count ?? 9999) <= 4096)
      let ntfy = try S.http(NtfyChannel(), message).body
      #expect((try JSONValue(parsing: ntfy)["message"]?.stringValue?.utf8.count ?? 9999) <= 4096)
      let pager = try JSONValue(parsing: S.http(PagerDutyChannel(), message).body)
      #expect((pager["payload"]?["summary"]?.stringValue?.count ?? 9999) <= 1024)
      #expect(try S.http(WebhookChannel(), message).body.count < 20_000)
    }
  }

  @Test func `nobody is mentioned, and nothing is formatted`() throws {
    let name = "<!channel> <@U1> @everyone *b* <b>x</b> </b>"
    let message = Self.messages(name)[0]
    let slack = String(decoding: try S.http(SlackChannel(), message).body, as: UTF8.self)
    #expect(!slack.contains("<") && slack.contains("&lt;!channel&gt;"))
    #expect(!slack.contains("\"mrkdwn\",") && slack.contains(#""mrkdwn":false"#))
    let discord = try JSONValue(parsing: S.http(DiscordChannel(), message).body)
    #expect(discord["allowed_mentions"] == ["parse": []])
    #expect(
      discord["embeds"]?.elements.first?["title"]?.stringValue?.contains(#"\@everyone"#) == true)
    // A backtick stays one where a mark is put on it.
    let marked = Self.messages("`\u{301}[x](https://evil.example/)`")[0]
    let code = String(decoding: try S.http(DiscordChannel(), marked).body, as: UTF8.self)
    #expect(code.unicodeScalars.contains("\u{301}"))
    let fields = try JSONValue(parsing: S.http(DiscordChannel(), marked).body)["embeds"]?.elements
      .first?["fields"]
    for field in fields?.elements ?? [] {
      guard let value = field["value"]?.stringValue, value.unicodeScalars.first == "`" else {
        continue
      }
      #expect(value.unicodeScalars.filter { $0 == "`" }.count == 2, "\(value)")
    }
    let telegram = try JSONValue(parsing: S.http(TelegramChannel(), message).body)
    let text = try #require(telegram["text"]?.stringValue)
    #expect(text.contains("&lt;b&gt;x&lt;/b&gt; &lt;/b&gt;"))
    #expect(
      text.matches(of: /<[^>]*>/).map { String($0.output) }
        == ["<b>", "</b>", "<code>", "</code>", "<a href=\"\(S.link)\">", "</a>"])
  }

  @Test func `each name turns itself alone`() throws {
    let (eu, us) = ("אירופה", "مصر")
    func item(_ verdict: Verdict, number: Int64, domain: String?) -> AlertItem {
      AlertItem(
        S.notice(
          .began, verdict, number: number, incident: UInt64(number), target: "https://אתר.example",
          failing: [eu, us], domain: domain))
    }
    let regions = "\u{2068}\(eu)\u{2069}, \u{2068}\(us)\u{2069}"
    let partial = AlertMessage(item(.partial, number: 1, domain: nil), now: S.began)
    #expect(partial.title == "API is down in parts: \(regions) can't use it")
    #expect(partial.fields.contains { $0.name == "Fails in" && $0.value == regions })
    #expect(partial.text.contains("Target: \u{2068}https://אתר.example\u{2069}\n"))
    let regional = item(.regional, number: 1, domain: us)
    #expect(
      AlertMessage(regional, now: S.began).title
        == "API can't be used from provider \u{2068}\(us)\u{2069} (\(regions))")
    let all = (1...3).map { item(.regional, number: $0, domain: us) }
    #expect(
      AlertMessage(all, now: S.began)?.title.hasSuffix("from provider \u{2068}\(us)\u{2069}")
        == true)
  }

  @Test func `emoji arrive as they are`() throws {
    for kind in ChannelKinds.all where kind.name != "email" {
      let message = Self.messages("👨‍👩‍👧‍👦🇩🇪❤️")[0]
      let text = String(decoding: try S.http(kind, message).body, as: UTF8.self)
      #expect(text.contains("👨‍👩‍👧‍👦🇩🇪❤️"), "\(kind.name)")
    }
  }
}
