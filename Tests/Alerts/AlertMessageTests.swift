import Model
import Quorum
import Testing

@testable import Alerts

struct AlertMessageTests {
  private typealias S = Samples

  @Test(arguments: [
    (S.notice(), "API is down: 2 of 3 regions fail, the connection was refused"),
    (S.notice(cause: nil), "API is down: 2 of 3 regions fail"),
    (
      S.notice(.worsened, .partial),
      "more urgent now: API is down in parts: eu, us can't use it: the connection was refused"
    ),
    (
      S.notice(.changed, .regional, failing: ["eu"]),
      "API now is down in eu alone: the connection was refused"
    ),
    (
      S.notice(.began, .regional, cause: nil, domain: "hoster"),
      "API can't be used from provider hoster (eu, us)"
    ),
    (S.notice(.began, .unknown), "API can't be judged: too few regions have a say"),
    (S.notice(.began, .degraded, cause: "slow"), "API is slow: slow"),
    (S.notice(.ended, minutes: 6), "API is up again after 6 min"),
    (S.notice(.ended, .partial, minutes: 200), "API is up everywhere again after 3 h"),
    (S.notice(.ended, ending: .withdrawn), "API is watched no more: it was paused or deleted"),
    (S.notice(.steady, .up), "API is steady again"),
    (S.notice(name: "\u{202e}\r\n"), "? is down: 2 of 3 regions fail, the connection was refused"),
    (S.notice(name: "אתר", cause: nil), "\u{2068}אתר\u{2069} is down: 2 of 3 regions fail"),
  ])
  func `a notice is one sentence`(notice: AlertNotice, sentence: String) {
    #expect(AlertSentence.text(notice) == sentence)
  }

  @Test(arguments: [
    (AlertEvent.opened, S.notice(), "API is down: 2 of 3 regions fail"),
    (.reminder(2), S.notice(), "still: API is down: 2 of 3 regions fail"),
    (.acknowledged(by: "Ann\n"), S.notice(), "Ann has it in hand: API is down"),
    (.acknowledged(by: nil), S.notice(), "somebody has it in hand: API is down"),
    (.missed, S.notice(.ended, minutes: 6), "API was down for 6 min, and is up again"),
    (
      .missed, S.notice(.ended, .regional, minutes: 1, failing: ["eu"]),
      "API was down in eu alone for 60 s, and is up everywhere again"
    ),
    (
      .missed, S.notice(.ended, minutes: 6, ending: .withdrawn),
      "API was down for 6 min, and is watched no more"
    ),
    (.resolved, S.notice(.ended, .degraded, minutes: 6), "API is quick again after 6 min"),
  ])
  func `the title says the occasion`(event: AlertEvent, notice: AlertNotice, title: String) {
    #expect(AlertMessage(AlertItem(notice, event), now: S.began).title == title)
  }

  @Test func `a message says what, since when, where, why and where more is to be read`() {
    #expect(
      S.down.text == """
        API is down: 2 of 3 regions fail

        Reason: the connection was refused
        Target: https://api.example.com/health
        Since: 2025-11-22 10:00:00 UTC
        Fails in: eu, us
        Works in: asia
        Last good answer: 2025-11-22 09:59:00 UTC

        https://up.example.org/incidents/1
        """)
    #expect(
      S.up.text == """
        API is up again after 6 min

        Target: https://api.example.com/health
        Began: 2025-11-22 10:00:00 UTC
        Ended: 2025-11-22 10:06:00 UTC
        Lasted: 6 min
        Failed in: eu, us

        https://up.example.org/incidents/1
        """)
    let reminder = AlertMessage(AlertItem(S.notice(), .reminder(1)), now: S.began + 45 * S.minute)
    #expect(reminder.text.contains("\nLasted: 45 min\n"))
  }

  @Test func `many matters are listed, and what does not fit is counted`() {
    let message = S.digest(37)
    #expect(message.title == "37 monitors are down: the connection was refused")
    #expect(message.items.count == 20)
    #expect(message.text.hasSuffix("\nand 17 more"))
    #expect(
      message.text.contains(
        "\n- Shop 0 is down: 2 of 3 regions fail, the connection was refused\n"))
    #expect(message.key == S.notice(incident: 0).key)
    #expect(AlertMessage([], now: 0) == nil)
    #expect(AlertMessage([AlertItem(S.notice())], now: S.began + 2 * S.minute) == S.down)
  }

  @Test func `a list says only what all have in common`() {
    let mixed = AlertMessage(
      [
        AlertItem(S.notice(.began, .partial, incident: 1, cause: "one", urgency: .notify)),
        AlertItem(S.notice(incident: 2, cause: "two")),
      ], link: "javascript:alert(1)", now: 0)
    #expect(mixed?.title == "2 monitors need a look")
    #expect(mixed?.severity == .critical)
    #expect(mixed?.urgency == .page)
    #expect(mixed?.link == nil)
    let over = AlertMessage(
      (1...3).map { AlertItem(S.notice(.ended, incident: $0, minutes: 5)) },
      link: "https://up.example.org/", now: 0)
    #expect(over?.title == "3 monitors have recovered")
    #expect(over?.severity == .info)
    #expect(over?.link == "https://up.example.org/")
  }

  @Test func `a test says that it is one, under one key`() {
    let (down, recovery) = TestMessages.pair(
      id: DeliveryID(high: 8, low: 9), link: S.link, now: S.began)
    #expect(down.title == "[test] Example is down: 2 of 3 regions fail")
    #expect(recovery.title == "[test] Example is up again after 5 min")
    for message in [down, recovery] {
      #expect(message.fields.first?.value == "This is a test of the channel: nothing has happened.")
      #expect(message.key.text == "inc_00000000-0000-0008-0000-000000000009")
    }
    #expect(down.lead.event == .opened && recovery.lead.event == .resolved)
  }

  @Test func `extreme times trap nowhere`() {
    for moment in [Int64.min, -1, 0, .max] {
      var notice = S.notice(.ended)
      notice.at = moment
      notice.since = moment == 0 ? .max : 0 &- moment
      #expect(!AlertMessage(AlertItem(notice), now: .max).text.isEmpty)
      _ = TestMessages.pair(id: .zero, link: nil, now: moment)
    }
  }

  @Test(arguments: ["javascript:alert(1)", "https://a\"b/", "ftp://a/", "https://a/ b", ""])
  func `only an address of the web becomes a link`(link: String) {
    #expect(S.notice(link: link).link == nil)
  }
}
