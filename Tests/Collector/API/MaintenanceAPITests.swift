import JSON
import Postgres
import TestSupport
import Testing

/// Planned maintenances, from outside.
struct MaintenanceAPITests {
  private let path = "/api/v1/maintenance"

  private func text(inSeconds seconds: Int64) -> String {
    Timestamp.now().adding(milliseconds: seconds * 1_000).description
  }

  private func run(
    _ api: TestAPI, _ arguments: String...
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      arguments,
      environment: [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try api.key(),
        "HOME": "/nonexistent",
      ])
  }

  @Test func `one is planned, read, changed, ended, and stays on record`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let monitor = try await api.makeMonitor(key: key, name: "shop")
      let starts = text(inSeconds: 3_600)
      let made = try await api.send(
        "POST", path, key: key,
        body:
          #"{"title":"disks","starts_at":"\#(starts)","duration_s":600,"monitors":["\#(monitor)"]}"#
      )
      #expect(made.status == 201, "\(made.text)")
      let id = try #require(made.json["id"]?.stringValue)
      #expect(made.headers["location"] == "\(path)/\(id)")
      #expect(made.json["state"] == "upcoming")
      #expect(made.json["starts_at"]?.stringValue == starts)
      #expect(made.json["all_monitors"] == false)
      #expect(made.json["monitors"] == [["id": .string(monitor), "name": "shop"]])
      let tag = try #require(made.headers["etag"])

      let changed = try await api.send(
        "PATCH", "\(path)/\(id)", key: key,
        body: #"{"title":"new disks","starts_at":"\#(text(inSeconds: 0))","all_monitors":true}"#,
        headers: [("If-Match", tag)])
      #expect(changed.status == 200, "\(changed.text)")
      #expect(changed.json["state"] == "running")
      #expect(changed.json["ends_at"] == made.json["ends_at"])
      #expect(changed.json["all_monitors"] == true)
      #expect(changed.json["monitors"] == [])
      expectProblem(
        try await api.send(
          "PATCH", "\(path)/\(id)", key: key, body: "{}", headers: [("If-Match", tag)]), 412,
        "changed")
      let moved = try await api.send(
        "PATCH", "\(path)/\(id)", key: key, body: #"{"starts_at":"\#(starts)"}"#)
      expectProblem(moved, 422, "invalid-fields")
      #expect(
        moved.json["errors"]?.elements.first?["detail"]
          == "the maintenance has begun, so that its beginning can't be moved")

      #expect(try await api.send("DELETE", "\(path)/\(id)", key: key).status == 204)
      #expect(try await api.send("DELETE", "\(path)/\(id)", key: key).status == 204)
      let over = try await api.send("GET", "\(path)/\(id)", key: key)
      #expect(over.json["state"] == "over")
      expectProblem(
        try await api.send("PATCH", "\(path)/\(id)", key: key, body: #"{"title":"x"}"#), 409,
        "conflict")
    }
  }

  @Test func `the list is paged and filtered`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let one = try await api.makeMonitor(key: key, name: "one")
      let two = try await api.makeMonitor(key: key, name: "two")
      for (title, start, scope) in [
        ("a", nil, #""monitors":["\#(one)"]"#), ("b", 600, #""monitors":["\#(two)"]"#),
        ("c", 1_200, #""all_monitors":true"#),
      ] as [(String, Int64?, String)] {
        let begin = start.map { #""starts_at":"\#(text(inSeconds: $0))","# } ?? ""
        let made = try await api.send(
          "POST", path, key: key,
          body: #"{"title":"\#(title)",\#(begin)"duration_s":600,\#(scope)}"#)
        #expect(made.status == 201, "\(made.text)")
      }
      func titles(_ query: String) async throws -> [String] {
        let answer = try await api.send("GET", "\(path)?\(query)", key: key)
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["items"]?.elements.compactMap { $0["title"]?.stringValue } ?? []
      }
      #expect(try await titles("") == ["c", "b", "a"])
      #expect(try await titles("state=running") == ["a"])
      #expect(try await titles("state=upcoming") == ["c", "b"])
      #expect(try await titles("state=over") == [])
      #expect(try await titles("monitor=\(one)") == ["c", "a"])
      let page = try await api.send("GET", "\(path)?limit=2", key: key)
      let cursor = try #require(page.json["next_cursor"]?.stringValue)
      #expect(try await titles("limit=2&cursor=\(cursor)") == ["a"])
      for query in ["state=done", "monitor=x", "cursor=6d", "limit=0"] {
        expectProblem(
          try await api.send("GET", "\(path)?\(query)", key: key), 400, "invalid-query")
      }
    }
  }

  @Test func `another organization's is not found, nor can its monitors be named`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let monitor = try await api.makeMonitor(key: key)
      let made = try await api.send(
        "POST", path, key: key, body: #"{"title":"t","duration_s":600,"all_monitors":true}"#)
      let id = try #require(made.json["id"]?.stringValue)
      let stranger = try api.key(organization: "stranger")
      for (method, body) in [("GET", nil), ("PATCH", "{}"), ("DELETE", nil)] as [(String, String?)]
      {
        expectProblem(
          try await api.send(method, "\(path)/\(id)", key: stranger, body: body), 404, "not-found")
      }
      expectProblem(
        try await api.send("GET", "\(path)?monitor=\(monitor)", key: stranger), 404, "not-found")
      #expect(try await api.send("GET", path, key: stranger).json["items"] == [])
      let named = try await api.send(
        "POST", path, key: stranger,
        body: #"{"title":"t","duration_s":600,"monitors":["\#(monitor)"]}"#)
      expectProblem(named, 422, "invalid-fields")
      #expect(named.json["errors"]?.elements.first?["pointer"] == "/monitors/0")
      #expect(try await api.send("GET", "\(path)/\(id)", key: key).json["state"] == "running")
    }
  }

  private static let uuid = "00000000-0000-0000-0000-000000000001"

  @Test(
    arguments: [
      (#"{"duration_s":600,"all_monitors":true}"#, "/title", "is required"),
      (#"{"title":"","duration_s":600,"all_monitors":true}"#, "/title", "must not be empty"),
      (
        #"{"title":"a\u0007","duration_s":600,"all_monitors":true}"#, "/title",
        "must not contain control characters"
      ),
      (
        #"{"title":"t","all_monitors":true}"#, "/ends_at",
        "is required, or duration_s in its place"
      ),
      (
        #"{"title":"t","duration_s":600}"#, "/monitors",
        "is required, or all_monitors: true in its place"
      ),
      (
        #"{"title":"t","duration_s":600,"all_monitors":false}"#, "/monitors",
        "is required, or all_monitors: true in its place"
      ),
      (#"{"title":"t","duration_s":600,"monitors":[]}"#, "/monitors", "must name a monitor"),
      (
        #"{"title":"t","duration_s":600,"monitors":["shop"]}"#, "/monitors/0",
        "must be a monitor's id"
      ),
      (
        #"{"title":"t","duration_s":600,"monitors":["\#(uuid)","\#(uuid)"]}"#, "/monitors/1",
        "names a monitor twice"
      ),
      (
        #"{"title":"t","duration_s":600,"monitors":["\#(uuid)"]}"#, "/monitors/0",
        "is no monitor of your organization"
      ),
      (
        #"{"title":"t","duration_s":600,"monitors":["\#(uuid)"],"all_monitors":true}"#,
        "/monitors", "stands beside all_monitors: true; send one of them"
      ),
      (
        #"{"title":"t","duration_s":59,"all_monitors":true}"#, "/duration_s",
        "is 59; it must be from 60 to 7948800"
      ),
      (
        #"{"title":"t","duration_s":60,"ends_at":"2100-01-01T00:00:00Z","all_monitors":true}"#,
        "/duration_s", "stands beside ends_at; send one of them"
      ),
      (
        #"{"title":"t","ends_at":"tomorrow","all_monitors":true}"#, "/ends_at",
        "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)"
      ),
      (
        #"{"title":"t","ends_at":"2020-01-01T00:00:00Z","all_monitors":true}"#, "/ends_at",
        "must be later than starts_at"
      ),
      (
        #"{"title":"t","starts_at":"2020-01-01T00:00:00Z","duration_s":60,"all_monitors":true}"#,
        "/starts_at", "lies in the past; leave it out to begin now"
      ),
      (
        #"{"title":"t","starts_at":"2199-01-01T00:00:00Z","duration_s":60,"all_monitors":true}"#,
        "/starts_at", "lies more than 400 days ahead"
      ),
      (
        #"{"title":"t","starts_at":null,"duration_s":60,"all_monitors":true}"#, "/starts_at",
        "must not be null"
      ),
      (
        #"{"title":"t","duration_s":60,"all_monitors":true,"timezone":"UTC"}"#, "/timezone",
        "is not a field of this object"
      ),
    ])
  func `one that can't be is refused with its field`(
    body: String, pointer: String, detail: String
  ) async throws {
    let api = try await SharedAPI.shared()
    let answer = try await api.send("POST", path, key: api.key(), body: body)
    expectProblem(answer, 422, "invalid-fields")
    let errors = answer.json["errors"]?.elements ?? []
    #expect(errors.first?["pointer"]?.stringValue == pointer)
    #expect(errors.first?["detail"]?.stringValue == detail)
    #expect(errors.count == 1, "\(answer.text)")
  }

  @Test func `an end that is before now or too far off is refused in a change too`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", path, key: key, body: #"{"title":"t","duration_s":600,"all_monitors":true}"#)
      let one = "\(path)/\(try #require(made.json["id"]?.stringValue))"
      try api.database.connect().query(
        "UPDATE maintenance SET starts_at = starts_at - interval '1 hour'")
      for (body, detail) in [
        (
          #"{"ends_at":"\#(text(inSeconds: -60))"}"#,
          "lies in the past; delete the maintenance to end it now"
        ),
        (#"{"duration_s":60}"#, "lies in the past; delete the maintenance to end it now"),
        (
          #"{"ends_at":"2199-01-01T00:00:00Z"}"#,
          "makes a maintenance of"
        ),
        (#"{"all_monitors":false}"#, "is required where it is no longer for all"),
      ] {
        let answer = try await api.send("PATCH", one, key: key, body: body)
        expectProblem(answer, 422, "invalid-fields")
        let found = answer.json["errors"]?.elements.first?["detail"]?.stringValue ?? ""
        #expect(found.hasPrefix(detail), "\(body): \(found)")
      }
    }
  }

  @Test func `an organization has a bounded number that are not over`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      try api.database.connect().query(
        """
        INSERT INTO maintenance (organization_id, title, starts_at, ends_at, all_monitors)
        SELECT id, 't', now() + interval '1 day', now() + interval '2 days', true
        FROM organization, generate_series(1, 1000) WHERE name = 'acme'
        """)
      let answer = try await api.send(
        "POST", path, key: key, body: #"{"title":"t","duration_s":600,"all_monitors":true}"#)
      expectProblem(answer, 409, "conflict")
    }
  }

  @Test func `the commands plan, list, show, change and end`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      _ = try await api.makeMonitor(key: key, name: "shop")
      _ = try await api.makeMonitor(key: key, name: "api")
      let added = try await run(
        api, "maintenance", "add", "new disks", "--monitor", "shop", "--monitor", "api", "--for",
        "2h")
      #expect(added.status == 0, "\(added.errors)")
      #expect(added.output.contains("monitors  shop, api\n"), "\(added.output)")
      #expect(added.output.contains("state     running\n"))
      let list = try await run(api, "maintenance", "list", "--state", "running")
      let lines = list.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 2)
      #expect(lines[0].hasPrefix("ID        STATE    STARTS"))
      #expect(lines[1].hasSuffix("  shop, api  new disks"), "\(lines)")
      let edited = try await run(
        api, "maintenance", "edit", "new disks", "--title", "disks", "--all", "--for", "3h")
      #expect(edited.output.contains("monitors  all\n"), "\(edited.errors)")
      let shown = try await run(api, "maintenance", "show", "disks", "-o", "json")
      let value = try JSONValue(parsing: shown.output)
      let (start, end) = (
        try #require(value["starts_at"]?.stringValue), try #require(value["ends_at"]?.stringValue)
      )
      #expect(start < end)
      let ended = try await run(api, "maintenance", "end", "disks")
      #expect(ended.output.hasPrefix("Ended "))
      #expect(
        try await run(api, "maintenance", "list", "--monitor", "api").output.contains("  over  "))
      let late = try await run(api, "maintenance", "edit", "disks", "--for", "4h")
      #expect(late.status == 6)
      #expect(
        late.errors
          == "upblit: The request conflicts with what is stored: "
          + "The maintenance is over and stays as it was; make another.\n")
      let short = try await run(api, "maintenance", "add", "x", "--all", "--for", "5s")
      #expect(
        short.errors == "upblit: duration_s: is 5; it must be from 60 to 7948800\n")
      let gone = try await run(api, "maintenance", "show", "nothing")
      #expect(gone.status == 5)
      #expect(gone.errors.contains("`upblit maintenance list` shows what there is"))
    }
  }
}
