import AgentCore
import Model
import Probing
import Testing

/// Conditions put to what real answers say.
@Suite struct ProberConditionTests {
  private func outcome(
    _ conditions: [String], body: String = #"{"state":"ok","jobs":[1,2,3]}"#,
    _ change: (inout HTTPCheck) -> Void = { _ in }
  ) async throws -> Outcome {
    let head =
      "HTTP/1.1 201 Made\r\nContent-Type: application/json\r\nSet-Cookie: a=1; Secure\r\n"
      + "Set-Cookie: b=2\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
    let server = try HostileServer { request in
      if request.isEmpty { return nil }
      if request.hasPrefix("GET /away ") {
        return [
          .send("HTTP/1.1 302 Gone\r\nLocation: /here\r\nX: first\r\nContent-Length: 0\r\n\r\n"),
          .close,
        ]
      }
      return [.send(head + body), .close]
    }
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    check.conditions = conditions
    change(&check)
    if check.url.hasSuffix("@away") {
      check.url = "http://127.0.0.1:\(server.port)/away"
    }
    let record = await test.probe(.http(check))
    test.prober.stop()
    server.stop()
    return record.outcome
  }

  @Test func `what is met leaves the target up`() async throws {
    let found = try await outcome([
      "[STATUS] == 201", "[BODY].state == ok", "len([BODY].jobs) == 3", "[BODY_SIZE] == 29",
      "[HEADERS].content-type == pat(application/*)", "[HEADERS].set-cookie == b=2",
      "[CONNECTED] == true", "[IP] == 127.0.0.1", "[HTTP_VERSION] == 1.1", "[REDIRECTS] == 0",
      "[RESPONSE_TIME] < 20s", "[FINAL_URL] == regex(^http://127)", "has([BODY].error) == false",
    ])
    #expect(found == .up)
  }

  @Test(arguments: [
    ("[STATUS] == 200", Reason.assertStatus, "[STATUS] (201) == 200"),
    ("[BODY].state == bad", .assertJSON, "[BODY].state (ok) == bad"),
    ("[BODY] == regex(^nothing)", .assertRegex, "regex(^nothing)"),
    ("[HEADERS].x-missing == 1", .assertHeader, "[HEADERS].x-missing"),
    ("[RESPONSE_TIME] < 0", .assertTime, "[RESPONSE_TIME]"),
  ])
  func `what is not met says what was found`(
    _ condition: String, _ reason: Reason, _ words: String
  ) async throws {
    let found = try await outcome(["[CONNECTED] == true", condition])
    guard case .failed(let failure) = found else {
      Issue.record("\(found)")
      return
    }
    #expect(failure.reason == reason)
    #expect(failure.detail.contains(words), "\(failure.detail)")
    let degraded = try await outcome(["degraded: " + condition])
    #expect(degraded.isUp && degraded.failure?.reason == reason)
  }

  @Test func `the last answer of a chain of redirects is judged`() async throws {
    let found = try await outcome([
      "[STATUS] == 201", "[REDIRECTS] == 1", "[FINAL_URL] == pat(*/here)", "[BODY].state == ok",
      "has([HEADERS].x) == false",
    ]) { $0.url = "@away" }
    #expect(found == .up)
  }

  @Test func `of a body beyond the limit the rest is not read`() async throws {
    let found = try await outcome(
      ["len([BODY]) == 1024"], body: String(repeating: "x", count: 5_000)
    ) { $0.bodyLimit = 1_024 }
    #expect(found == .up)
  }

  @Test func `a dear pattern on a large body ends, and says nothing about the target`() async throws
  {
    let found = try await outcome(
      ["[BODY] == regex((a{1,40}b{1,40}){1,20}c)"],
      body: String(repeating: "ab", count: 400_000)
    ) { $0.bodyLimit = 1 << 20 }
    #expect(found.failure != nil)
    if found.failure?.reason != .assertRegex {
      #expect(found.failure?.reason == .assertTooCostly)
      #expect(found.failure?.failureClass == .agent)
    }
  }

  @Test func `a body that is cut off is known to be larger, and not taken for broken JSON`()
    async throws
  {
    let body = #"{"a":""# + String(repeating: "x", count: 5_000) + #"","state":"ok"}"#
    let size = try await outcome(["[BODY_SIZE] <= 1024"], body: body) { $0.bodyLimit = 1_024 }
    #expect(size.failure?.reason == .assertBody)
    let path = try await outcome(["[BODY].state == ok"], body: body) { $0.bodyLimit = 1_024 }
    #expect(path.failure?.reason == .bodyTooLarge)
  }

  @Test func `a failure shows no header or member with a telling name, and no query`() async throws
  {
    let body = #"{"access_token":"hunter2"}"#
    for condition in [
      "[HEADERS].set-cookie == none", "[BODY].access_token == none",
    ] {
      let failure = try await outcome([condition], body: body).failure
      #expect(
        failure?.detail.contains("hunter2") == false && failure?.detail.contains("a=1") == false)
      #expect(failure?.detail.isEmpty == false)
    }
    let url = try await outcome(["[FINAL_URL] == none"]) { $0.url += "?key=hunter2" }
    #expect(url.failure?.detail.contains("hunter2") == false, "\(url)")
  }

  @Test func `comparisons are charged, however many there are`() async throws {
    let list = (1...100).map { "\($0)" }.joined(separator: ", ")
    let body = "[" + String(repeating: "0,", count: 20_000) + "0]"
    let found = try await outcome(
      Array(repeating: "[BODY][*] != any(\(list))", count: 20), body: body
    ) { $0.bodyLimit = 1 << 20 }
    #expect(found.failure?.reason == .assertTooCostly, "\(found)")
  }

  @Test func `a condition that the agent does not know makes the check not understood`()
    async throws
  {
    let found = try await outcome(["[MOON] == full"])
    #expect(found.failure?.failureClass == .agent)
    #expect(found.failure?.detail.contains("condition 1") == true)
  }
}
