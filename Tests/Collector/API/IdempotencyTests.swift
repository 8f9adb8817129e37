import JSON
import Postgres
import TestSupport
import Testing

@testable import API

/// Requests with an `Idempotency-Key` happen once.
struct IdempotencyTests {
  private let body = #"{"name":"a","check":{"kind":"http","url":"http://a/"}}"#

  @Test func `the same request is done once and answered twice`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let header = [("Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324")]
      let first = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: header)
      let second = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: header)
      #expect(first.status == 201 && second.status == 201)
      #expect(first.json == second.json)
      for name in ["etag", "location"] { #expect(first.headers[name] == second.headers[name]) }
      #expect(first.headers["idempotency-replayed"] == nil)
      #expect(second.headers["idempotency-replayed"] == "true")
      #expect(try api.database.value("SELECT count(*) FROM monitor", as: Int64.self) == 1)

      let other = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: #"{"name":"b"}"#, headers: header)
      expectProblem(other, 422, "key-reused")
      let elsewhere = try await api.send(
        "POST", "/api/v1/enrolment-tokens", key: key, body: body, headers: header)
      expectProblem(elsewhere, 422, "key-reused")

      // Another credential's keys are its own; so are those of a day later.
      let neighbour = try await api.send(
        "POST", "/api/v1/monitors", key: try api.key(), body: body, headers: header)
      #expect(neighbour.json["id"] != first.json["id"])
      try api.database.connect().execute(
        "UPDATE idempotency SET created_at = now() - interval '25 hours'")
      let later = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: header)
      #expect(later.status == 201 && later.json["id"] != first.json["id"])
    }
  }

  @Test func `sent at once, one is done and the others wait or hear of it`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let body = body
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await api.send(
              "POST", "/api/v1/monitors", key: key, body: body,
              headers: [("Idempotency-Key", "k")]
            ).status
          }
        }
        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(statuses.isSubset(of: [201, 409]) && statuses.contains(201))
      #expect(try api.database.value("SELECT count(*) FROM monitor", as: Int64.self) == 1)
    }
  }

  @Test func `one of which nothing was heard is done by who asks again after a while`()
    async throws
  {
    try await TestAPI.with { api in
      let key = try api.key()
      let header = [("Idempotency-Key", "k")]
      let connection = try api.database.connect()
      _ = try await api.send("POST", "/api/v1/monitors", key: key, body: body, headers: header)
      // As it stands when a collector dies before it has done anything.
      try connection.execute(
        "UPDATE idempotency SET answer_sealed = NULL; UPDATE monitor SET deleted_at = now()")
      let again = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: header)
      expectProblem(again, 409, "in-flight")
      try connection.execute("UPDATE idempotency SET held_until = now() - interval '1 second'")
      let other = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: #"{"name":"b"}"#, headers: header)
      expectProblem(other, 422, "key-reused")
      let done = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: header)
      #expect(done.status == 201 && done.headers["idempotency-replayed"] == nil)
    }
  }

  @Test func `an attempt that another has taken over does nothing`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let blocker = try api.database.connect()
      try blocker.execute("BEGIN; LOCK TABLE monitor IN ACCESS EXCLUSIVE MODE")
      func ask() async throws -> RawHTTP.Answer {
        try await api.send(
          "POST", "/api/v1/monitors", key: key, body: body, headers: [("Idempotency-Key", "k")])
      }
      async let first = ask()
      try await api.untilWaiting(1)
      try api.database.connect().execute(
        "UPDATE idempotency SET held_until = now() - interval '1 second'")
      async let second = ask()
      try await api.untilWaiting(2)
      try blocker.execute("COMMIT")
      expectProblem(try await first, 409, "in-flight")
      #expect(try await second.status == 201)
      #expect(try api.database.value("SELECT count(*) FROM monitor", as: Int64.self) == 1)
      #expect(try await ask().headers["idempotency-replayed"] == "true")
    }
  }

  @Test func `one that was refused keeps no key`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let header = [("Idempotency-Key", "k")]
      let refused = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: #"{"name":""}"#, headers: header)
      expectProblem(refused, 422, "invalid-fields")
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key, body: body, headers: header)
      #expect(made.status == 201)
    }
  }

  @Test func `secrets of kept answers are sealed`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let header = [("Idempotency-Key", "k")]
      let first = try await api.send(
        "POST", "/api/v1/enrolment-tokens", key: key, body: "{}", headers: header)
      let token = try #require(first.json["token"]?.stringValue)
      let second = try await api.send(
        "POST", "/api/v1/enrolment-tokens", key: key, body: "{}", headers: header)
      #expect(second.json["token"]?.stringValue == token)
      let found = try api.database.connect().query(
        "SELECT 1 FROM idempotency WHERE position($1::bytea in answer_sealed) > 0",
        Array(token.utf8))
      #expect(found.count == 0)
    }
  }

  @Test func `two keys at once are refused`() async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send(
      "POST", "/api/v1/monitors", key: api.key(), body: body,
      headers: [("Idempotency-Key", "a"), ("Idempotency-Key", "a")])
    expectProblem(answer, 400, "bad-request")
  }

  @Test(arguments: ["", "a b", String(repeating: "k", count: 256)])
  func `a key that is none is refused`(key: String) async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send(
      "POST", "/api/v1/monitors", key: api.key(), body: body,
      headers: [("Idempotency-Key", key)])
    expectProblem(answer, 400, "bad-request")
  }
}
