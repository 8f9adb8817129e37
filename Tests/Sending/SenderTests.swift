import Alerts
import Curl
import JSON
import Model
import TestSupport
import Testing

@testable import Sending

@Suite struct `What is sent to a receiver` {
  private static let kind = WebhookChannel()

  private static func settings(_ url: String) throws -> ChannelSettings {
    try kind.read([
      "url": .string(url), "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
    ])
  }

  private static func send(
    to url: String, allowsPrivate: Bool = true, timeoutMs: Int = 15_000
  ) throws -> (attempt: Attempt, outcome: DeliveryOutcome) {
    var configuration = Sender.Configuration(
      receivers: ReceiverGuard(allowsPrivate: allowsPrivate), host: "upblit.test")
    configuration.timeoutMs = timeoutMs
    let settings = try settings(url)
    let message = TestMessages.pair(id: .random(), link: nil, now: 1_000_000_000_000).down
    let request = try kind.request(
      message, settings, Delivery(id: .random(), now: 1_000_000_000_000, host: "upblit.test"))
    let attempt = try Sender(configuration).send(request)
    return (attempt, kind.outcome(of: attempt.answer, settings: settings, now: 1_000_000_000_000))
  }

  @Test(
    arguments: [
      (ScriptedServer.Answer(body: "ok"), "delivered"),
      (ScriptedServer.Answer(status: 204, body: ""), "delivered"),
      (ScriptedServer.Answer(body: String(repeating: "x", count: 300_000)), "delivered"),
      (
        ScriptedServer.Answer(
          headers: (0..<40).map { "X-\($0): " + String(repeating: "y", count: 500) }, body: "ok"),
        "delivered"
      ),
      (ScriptedServer.Answer(status: 500, body: "oh no"), "retry nil status 500: oh no"),
      (
        ScriptedServer.Answer(status: 429, headers: ["Retry-After: 7"], body: "slowly"),
        "retry 7 status 429: slowly"
      ),
      (ScriptedServer.Answer(status: 404, body: ""), "refused status 404"),
      (ScriptedServer.Answer(status: 410, body: ""), "refused for good status 410"),
      (
        ScriptedServer.Answer(status: 302, headers: ["Location: http://127.0.0.1:1/"], body: ""),
        "refused status 302: a redirect, which is not followed"
      ),
    ])
  func `is as its receiver answers`(answer: ScriptedServer.Answer, outcome: String) throws {
    let server = try ScriptedServer(answer)
    defer { server.stop() }
    let (attempt, found) = try Self.send(to: server.address + "/hook")
    let words =
      switch found {
      case .delivered: "delivered"
      case .deliveredInPart(let words): "delivered in part \(words)"
      case .retry(let words, let seconds): "retry \(seconds.map { "\($0)" } ?? "nil") \(words)"
      case .refused(let words, let disables): "refused \(disables ? "for good " : "")\(words)"
      case .changed(let setting, _): "changed \(setting)"
      }
    #expect(words == outcome)
    #expect(attempt.isAnswered && !attempt.mayHaveArrived)
    let request = try #require(server.requests.first)
    #expect(request.line == "POST /hook")
    #expect(request.header("webhook-id")?.hasPrefix("msg_") == true)
    #expect(request.header("expect") == nil)
    #expect(server.requests.count == 1)
  }

  @Test(
    arguments: [
      ScriptedServer.Answer(isSilent: true), ScriptedServer.Answer(isStuck: true),
    ])
  func `may have arrived where nothing was answered`(answer: ScriptedServer.Answer) throws {
    let server = try ScriptedServer(answer)
    defer { server.stop() }
    let (attempt, outcome) = try Self.send(to: server.address, timeoutMs: 500)
    #expect(!attempt.isAnswered && attempt.mayHaveArrived)
    guard case .retry = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  @Test func `has not arrived where nobody listens`() throws {
    let server = try ScriptedServer(ScriptedServer.Answer())
    server.stop()
    let (attempt, _) = try Self.send(to: "http://127.0.0.1:1/")
    #expect(!attempt.isAnswered && !attempt.mayHaveArrived)
  }

  @Test(arguments: ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f000001"])
  func `goes to no address of the collector's own network`(host: String) throws {
    let server = try ScriptedServer(ScriptedServer.Answer())
    defer { server.stop() }
    let (attempt, outcome) = try Self.send(
      to: "http://\(host):\(server.port)/", allowsPrivate: false)
    #expect(server.connections == 0 && !attempt.mayHaveArrived)
    guard case .retry(let words, _) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(words.contains("alerts_allow_private"))
  }

  @Test(
    arguments: [
      (PeerAddress.ipv4(0x0a00_0001, port: 443), true, false),
      (.ipv4(0xc0a8_0001, port: 443), true, false), (.ipv4(0x7f00_0001, port: 443), true, false),
      (.ipv6(0xfd12_0000_0000_0000, 1, port: 443), true, false),
      (.ipv4(0x0808_0808, port: 443), true, true),
      (.ipv6(0x2606_4700_0000_0000, 1, port: 443), true, true),
      (.ipv4(0xa9fe_a9fe, port: 80), false, false), (.ipv4(0xa9fe_0001, port: 80), false, false),
      (.ipv6(0xfd00_0ec2_0000_0000, 0x254, port: 80), false, false),
      (.ipv6(0, 0xffff_a9fe_a9fe, port: 80), false, false), (.ipv4(0, port: 80), false, false),
      (.other(family: 1), false, false),
    ] as [(PeerAddress, Bool, Bool)])
  func `goes only to addresses that are allowed`(
    address: PeerAddress, whereAllowed: Bool, always: Bool
  ) {
    #expect((ReceiverGuard(allowsPrivate: true).refusal(of: address) == nil) == whereAllowed)
    #expect((ReceiverGuard(allowsPrivate: false).refusal(of: address) == nil) == always)
  }
}
