import JSON
import TestSupport
import Testing

@testable import UpblitClient

struct StreamTests {
  private func client(
    _ server: ScriptedServer, timeoutMs: Int = 30_000
  ) throws(APIError) -> APIClient {
    try APIClient(
      ClientConfiguration(
        server: try ServerAddress(server.address), proxy: "", timeoutMs: timeoutMs,
        retries: RetryPolicy(attempts: 2, firstPauseMs: 1), answerLimit: 1 << 10))
  }

  @Test func `a body longer than all limits comes whole, however slowly it is read`() async throws {
    let line = String(repeating: "x", count: 1023) + "\n"
    let server = try ScriptedServer(
      .init(headers: ["Content-Type: text/csv"], body: String(repeating: line, count: 6000)))
    defer { server.stop() }
    let stream = try await client(server).stream("/api/v1/audit.csv", accept: "text/csv")
    #expect(stream.status == 200)
    #expect(stream.headers.contains { $0.name == "content-type" && $0.value == "text/csv" })
    var count = 0
    for try await piece in stream {
      count += piece.count
      await Task.yield()
    }
    #expect(count == 6000 * 1024)
    #expect(server.requests.first?.header("accept") == "text/csv")
  }

  @Test func `a refusal is a problem, and one that is put off is asked again`() async throws {
    let server = try ScriptedServer(
      .init(status: 503, headers: ["Retry-After: 0"], body: #"{"title":"busy"}"#),
      .init(status: 403, body: #"{"title":"no"}"#))
    defer { server.stop() }
    do throws(APIError) {
      _ = try await client(server).stream("/x")
      Issue.record("nothing was thrown")
    } catch {
      guard case .problem(let problem) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(problem.status == 403 && problem.title == "no")
    }
    #expect(server.requests.count == 2)
  }

  @Test func `one that does not begin, breaks or is cancelled ends with its reason`() async throws {
    let stuck = try ScriptedServer(.init(isStuck: true))
    defer { stuck.stop() }
    let waiter = try client(stuck, timeoutMs: 100)
    await #expect(throws: APIError.timedOut(waiter.server, milliseconds: 100)) {
      try await waiter.stream("/x")
    }
    let patient = try client(stuck)
    let task = Task { try await patient.stream("/x") }
    while stuck.requests.count < 2 { await Task.yield() }
    task.cancel()
    await #expect(throws: APIError.cancelled) { try await task.value }
    let torn = try ScriptedServer(.init(isSilent: true))
    defer { torn.stop() }
    do throws(APIError) {
      _ = try await client(torn).stream("/x")
      Issue.record("nothing was thrown")
    } catch {
      guard case .unreachable = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(
    arguments: [
      ("data: a\n\n", [ServerEvent(id: nil, name: "message", data: "a")]),
      (
        "\u{feff}id: 7\r\nevent: opened\r\ndata: {\"a\":1}\r\n\r\n",
        [ServerEvent(id: "7", name: "opened", data: "{\"a\":1}")]
      ),
      (
        "id:1\rdata:a\rdata: b\r\r: beat\n\ndata\n\n",
        [
          ServerEvent(id: "1", name: "message", data: "a\nb"),
          ServerEvent(id: "1", name: "message", data: ""),
        ]
      ),
      ("event: x\n\nid: 3\n\ndata: y\n\n", [ServerEvent(id: "3", name: "message", data: "y")]),
      ("data: torn", []),
      ("id: a\u{0}b\ndata: x\n\n", [ServerEvent(id: nil, name: "message", data: "x")]),
    ])
  func `events are read from pieces of any size`(text: String, events: [ServerEvent]) throws {
    for size in [1, 2, 3, 1000] {
      var parser = EventParser()
      var found: [ServerEvent] = []
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        found += try parser.take(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(found == events, "in pieces of \(size)")
    }
  }

  @Test func `a line without an end is not gathered for ever`() {
    var parser = EventParser()
    let piece = [UInt8](repeating: 120, count: 1 << 20)
    #expect(throws: EventParser.Overflow.self) { for _ in 0..<5 { _ = try parser.take(piece) } }
    var events = EventParser()
    let lines = Array(("data: " + String(repeating: "y", count: 1 << 16) + "\n").utf8)
    #expect(throws: EventParser.Overflow.self) { for _ in 0..<65 { _ = try events.take(lines) } }
  }

  @Test func `a connection that breaks goes on behind the last event`() async throws {
    let type = ["Content-Type: text/event-stream"]
    let server = try ScriptedServer(
      .init(
        headers: type,
        body: "retry: 1\nid: 1\ndata: {\"n\":1}\n\nid: 2\ndata: {\"n\":2}\n\nid: 3\ndata: torn",
        endsByClosing: true),
      .init(isSilent: true),
      .init(headers: type, body: "id: 3\nevent: last\ndata: {\"n\":3}\n\n", endsByClosing: true))
    defer { server.stop() }
    var events = try client(server).events([("kind", "incident")]).makeAsyncIterator()
    var found: [ServerEvent] = []
    while found.count < 3, let event = try await events.next() { found.append(event) }
    #expect(found.map { $0.json["n"]?.integerValue } == [1, 2, 3])
    #expect(found.last?.name == "last")
    #expect(server.requests[0].line == "GET /api/v1/events?kind=incident")
    #expect(server.requests[0].header("accept") == "text/event-stream")
    #expect(server.requests.map { $0.header("last-event-id") }.prefix(3) == [nil, "2", "2"])
  }

  @Test(
    arguments: [
      ScriptedServer.Answer(status: 403, body: #"{"title":"no"}"#),
      ScriptedServer.Answer(body: "{}"), ScriptedServer.Answer(status: 404, body: "<html>"),
    ])
  func `what no new connection can mend ends the events`(answer: ScriptedServer.Answer) async throws
  {
    let server = try ScriptedServer(answer)
    defer { server.stop() }
    var events = try client(server).events().makeAsyncIterator()
    await #expect(throws: APIError.self) { try await events.next() }
    #expect(server.requests.count == 1)
  }
}
