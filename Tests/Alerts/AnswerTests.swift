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
    (250, "2.0.0 Ok", DeliveryOutcome.delivered),
    (421, "busy", .retry("code 421: busy", afterSeconds: nil)),
    (451, "later", .retry("code 451: later", afterSeconds: nil)),
    (
      535, "wrong password correct horse", .refused("code 535: wrong password ...", disables: false)
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

  @Test
  func `a provider's words are bounded, and a secret that is cut at their end is no less one`()
    throws
  {
    let kind = SlackChannel()
    let secret = try S.settings(kind).text("url")
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
