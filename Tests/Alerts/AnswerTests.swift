import JSON
import Testing

@testable import Alerts

struct AnswerTests {
  private typealias S = Samples

  static let answers: [(String, Int, [String: String], String, DeliveryOutcome)] = [
    ("slack", 200, [:], "ok", .delivered),
    ("slack", 404, [:], "no_service", .refused("status 404: no_service", disables: false)),
    (
      "slack", 410, [:], "channel_is_archived",
      .refused("status 410: channel_is_archived", disables: false)
    ),
    ("slack", 429, ["Retry-After": "30"], "", .retry("status 429", afterSeconds: 30)),
    ("slack", 500, [:], "", .retry("status 500", afterSeconds: nil)),
    ("webhook", 204, [:], "", .delivered),
    (
      "webhook", 301, ["Location": "http://169.254.169.254/"], "",
      .refused("status 301: a redirect, which is not followed", disables: false)
    ),
    (
      "webhook", 308, [:], "",
      .refused("status 308: a redirect, which is not followed", disables: false)
    ),
    ("webhook", 410, [:], "gone\r\n\u{1b}[31m", .refused("status 410: gone [31m", disables: true)),
    ("webhook", 400, [:], "", .refused("status 400", disables: false)),
    ("webhook", 408, [:], "", .retry("status 408", afterSeconds: nil)),
    (
      "webhook", 503, ["retry-after": "Sat, 22 Nov 2025 10:01:00 GMT"], "",
      .retry("status 503", afterSeconds: 60)
    ),
    (
      "webhook", 503, ["retry-after": "Sat, 22 Nov 2025 09:00:00 GMT"], "",
      .retry("status 503", afterSeconds: 0)
    ),
    (
      "webhook", 429, ["Retry-After": "99999999999999"], "",
      .retry("status 429", afterSeconds: 86_400)
    ),
    ("webhook", 429, ["Retry-After": " 120 \t"], "", .retry("status 429", afterSeconds: 120)),
    ("webhook", 429, ["Retry-After": "-1"], "", .retry("status 429", afterSeconds: 0)),
    ("webhook", 429, ["Retry-After": "soon"], "", .retry("status 429", afterSeconds: nil)),
    ("webhook", 100, [:], "", .refused("status 100", disables: false)),
    ("discord", 204, [:], "", .delivered),
    (
      "discord", 429, [:], #"{"message":"x","retry_after":1.3,"global":false}"#,
      .retry(#"status 429: {"message":"x","retry_after":1.3,"global":false}"#, afterSeconds: 2)
    ),
    (
      "discord", 429, ["Retry-After": "7"], #"{"retry_after":1}"#,
      .retry(#"status 429: {"retry_after":1}"#, afterSeconds: 7)
    ),
    (
      "discord", 429, [:], #"{"retry_after":1e300}"#,
      .retry(#"status 429: {"retry_after":1e300}"#, afterSeconds: 86_400)
    ),
    ("discord", 502, [:], "[[[", .retry("status 502: [[[", afterSeconds: nil)),
    ("telegram", 200, [:], #"{"ok":true}"#, .delivered),
    (
      "telegram", 429, [:], #"{"ok":false,"parameters":{"retry_after":31}}"#,
      .retry(#"status 429: {"ok":false,"parameters":{"retry_after":31}}"#, afterSeconds: 31)
    ),
    (
      "telegram", 400, [:], #"{"ok":false,"parameters":{"migrate_to_chat_id":-1009}}"#,
      .changed(setting: "chat_id", to: "-1009")
    ),
    (
      "telegram", 403, [:], "bot was blocked",
      .refused("status 403: bot was blocked", disables: false)
    ),
    (
      "telegram", 401, [:], "no bot 123456789:AAhiddenhiddenhidden!",
      .refused("status 401: no bot ...!", disables: false)
    ),
    ("teams", 202, [:], "", .delivered),
    ("pagerduty", 202, [:], #"{"status":"success"}"#, .delivered),
    (
      "pagerduty", 400, [:], "bad key 0123456789abcdef0123456789abcdef",
      .refused("status 400: bad key ...", disables: false)
    ),
    ("ntfy", 200, [:], "", .delivered),
    ("ntfy", 429, [:], "", .retry("status 429", afterSeconds: nil)),
    ("alertmanager", 200, [:], "", .delivered),
    ("apprise", 200, [:], "", .delivered),
    (
      "apprise", 204, [:], "",
      .refused("status 204: nobody is configured to be told", disables: false)
    ),
    ("apprise", 424, [:], "", .retry("status 424", afterSeconds: nil)),
    (
      "slack", 403, [:], "no /services/T000/B000/hidden",
      .refused("status 403: no ...", disables: false)
    ),
  ]

  @Test(arguments: answers)
  func `every answer means one thing`(
    name: String, status: Int, headers: [String: String], body: String, expected: DeliveryOutcome
  ) throws {
    let kind = try #require(ChannelKinds.named(name))
    let answer = HTTPAnswer(
      status: status, headers: headers.map { ($0.key, $0.value) }, body: Array(body.utf8))
    #expect(
      try kind.outcome(of: .http(answer), settings: S.settings(kind), now: S.began) == expected)
  }

  @Test(arguments: [
    (250, "", DeliveryOutcome.delivered),
    (250, "5.1.1 no such user", .deliveredInPart("5.1.1 no such user")),
    (421, "busy", .retry("code 421: busy", afterSeconds: nil)),
    (451, "later", .retry("code 451: later", afterSeconds: nil)),
    (
      535, "wrong password correct horse", .refused("code 535: wrong password ...", disables: false)
    ),
    (
      500, "unrecognized: AHVwYmxpdABjb3JyZWN0IGhvcnNl Y29ycmVjdCBob3JzZQ==",
      .refused("code 500: unrecognized: ... ...", disables: false)
    ),
    (550, "no such user\r\nhere", .refused("code 550: no such user here", disables: false)),
    (0, "", .retry("code 0: ", afterSeconds: nil)),
  ])
  func `every reply of a mail server means one thing`(
    code: Int, text: String, expected: DeliveryOutcome
  ) throws {
    let kind = EmailChannel()
    #expect(
      try kind.outcome(
        of: .mail(code: code, text: text), settings: S.settings(kind), now: S.began) == expected)
  }

  @Test func `no answer is tried again`() throws {
    for kind in ChannelKinds.all {
      #expect(
        try kind.outcome(
          of: .none(reason: "the connection\nwas refused"), settings: S.settings(kind), now: 0)
          == .retry("the connection was refused", afterSeconds: nil))
    }
  }

  /// Settings beyond the samples', what a receiver says, and what is kept of it.
  private static let quoted: [(String, [String: JSONValue], String, String)] = [
    (
      "apprise",
      ["urls": ["tgram://123456789:AAhidden/-100123", "gotify://push.internal/A1b2C3d4"]],
      "failed: AAhidden, tgram://123456789:AAhidden/, A1b2C3d4 at push.internal",
      "failed: ..., tgram://.../, ... at ..."
    ),
    (
      "apprise", ["urls": ["mailto://ops:pw1@example.org?name=x", "json://u:p%40ss@h/x"]],
      "login ops with pw1 or p@ss or p%40ss; Authorization: Basic dTpwQHNz",
      "login ops with ... or ... or ...; Authorization: Basic ..."
    ),
    ("slack", ["url": "HTTPS://hooks.slack.com/services/T0/B0/hidden"], "no hidden", "no ..."),
    (
      "slack", ["url": "Https://hooks.slack.com/services/T0/B0/hidden"],
      "no https://hooks.slack.com/services/T0/B0/hidden", "no ..."
    ),
    (
      "slack", ["url": "https://hooks.slack.com/services/T0/B0/hidden"],
      #"{"url":"https:\/\/hooks.slack.com\/services\/T0\/B0\/hidden"}"#, #"{"url":"..."}"#
    ),
    (
      "slack", ["url": "https://hooks.slack.com/services/T0/B0/hidden"],
      "for https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0%2FB0%2Fhidden.", "for ...."
    ),
    (
      "alertmanager", ["username": "u", "password": #"a"b\c  d'é😀"#],
      #"{"said":"a\"b\\c d'\u00e9\ud83d\ude00"} <a&quot;b\c d&#x27;é😀> a%22b%5Cc+d%27%C3%A9%F0%9F%98%80"#,
      #"{"said":"..."} <...> ..."#
    ),
    (
      "alertmanager", ["username": "u", "password": "hidden"],
      "Authorization: Basic dTpoaWRkZW4=, hid", "Authorization: Basic ..., hid"
    ),
    (
      "webhook", ["authorization": "Bearer abc"],
      "token abc, key MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=", "token ..., key ..."
    ),
    (
      "webhook", [:], "proxy http://me:my%20own@10.0.0.1:3128/ and //a@b",
      "proxy http://...@10.0.0.1:3128/ and //a@b"
    ),
  ]

  @Test(arguments: quoted)
  func `a secret is none the less one for how it is quoted`(
    name: String, changes: [String: JSONValue], body: String, expected: String
  ) throws {
    let kind = try #require(ChannelKinds.named(name))
    guard case .object(var document)? = S.documents[name] else { return }
    for (name, value) in changes { document[name] = value }
    if changes["urls"] != nil { (document["key"], document["tag"]) = (nil, nil) }
    let settings = try kind.read(.object(document))
    #expect(
      kind.outcome(
        of: .http(HTTPAnswer(status: 400, body: Array(body.utf8))), settings: settings,
        now: S.began) == .refused("status 400: \(expected)", disables: false))
    #expect(
      kind.outcome(of: .none(reason: body), settings: settings, now: S.began)
        == .retry(expected, afterSeconds: nil))
  }

  @Test
  func `a provider's words are bounded, and a secret that is cut at their end is no less one`()
    throws
  {
    let kind = SlackChannel()
    let secret = try S.settings(kind).text("url")
    let padded = "no_service" + String(repeating: " ", count: 4074) + "/services/T000/B000/hidden"
    #expect(
      try kind.outcome(
        of: .http(HTTPAnswer(status: 400, body: Array(padded.utf8))), settings: S.settings(kind),
        now: 0) == .refused("status 400: no_service ...…", disables: false))
    for shift in 0..<secret.count {
      let body =
        String(repeating: "x", count: 286 - shift) + secret + String(repeating: "y", count: 99)
      let answer = HTTPAnswer(status: 400, body: Array(body.utf8))
      guard
        case .refused(let words, _) = try kind.outcome(
          of: .http(answer), settings: S.settings(kind), now: 0)
      else { return }
      #expect(words.count <= 320)
      #expect(!words.contains("https:") && !words.contains("hidde"))
    }
  }
}
