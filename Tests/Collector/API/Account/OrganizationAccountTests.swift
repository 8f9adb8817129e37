import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// Members, invitations, keys, quotas and the audit log, over HTTP.
struct OrganizationAccountTests {
  /// A name that no other test has.
  private static func unique(_ word: String) -> String {
    "\(word)-\(UInt64.random(in: 0 ... .max))"
  }

  @Test func `somebody is invited, makes an account, and is a member`() async throws {
    let api = try await SharedAPI.shared()
    let organization = Self.unique("inviting")
    let owner = Self.unique("owner") + "@example.org"
    try api.person(owner, in: [(organization, .owner)])
    let token = try await api.token(owner)
    let made = try await api.send(
      "POST", "/api/v1/invitations", key: token, body: #"{"role":"editor"}"#)
    #expect(made.status == 201, "\(made.text)")
    let secret = try #require(made.json["secret"]?.stringValue)
    let offer = try await api.send(
      "POST", "/api/v1/invitations/offer", body: #"{"secret":"\#(secret)"}"#)
    #expect(offer.json["organization"]?["name"] == .string(organization))
    #expect(offer.json["standing"] == "open" && offer.json["role"] == "editor")
    let email = Self.unique("new") + "@example.org"
    let body =
      #"{"secret":"\#(secret)","email":"\#(email)","name":"New","password":"\#(TestAPI.password)"}"#
    let redeemed = try await api.send("POST", "/api/v1/invitations/redeem", body: body)
    #expect(redeemed.status == 201, "\(redeemed.text)")
    let newcomer = try #require(redeemed.json["access_token"]?.stringValue)
    let me = try await api.send("GET", "/api/v1/me", key: newcomer)
    #expect(
      me.json["role"] == "editor" && me.json["organization"]?["name"] == .string(organization))
    expectProblem(
      try await api.send("POST", "/api/v1/invitations/redeem", body: body), 409, "conflict")
    let members = try await api.send("GET", "/api/v1/members", key: token)
    #expect(members.json["items"]?.elements.count == 2)

    // An editor makes nobody anything.
    let id = try #require(redeemed.json["person"]?["id"]?.stringValue)
    expectProblem(
      try await api.send(
        "PATCH", "/api/v1/members/\(id)", key: newcomer, body: #"{"role":"owner"}"#), 403,
      "insufficient-scope")
    let changed = try await api.send(
      "PATCH", "/api/v1/members/\(id)", key: token, body: #"{"role":"viewer"}"#)
    #expect(changed.json["role"] == "viewer")
    // The last owner stays; whoever wants to leave leaves.
    let own = try await api.send("GET", "/api/v1/account", key: token)
    let ownID = try #require(own.json["id"]?.stringValue)
    expectProblem(
      try await api.send("DELETE", "/api/v1/members/\(ownID)", key: token), 409, "conflict")
    #expect(
      try await api.send("DELETE", "/api/v1/members/\(id)", key: newcomer).status == 204)
    expectProblem(
      try await api.send("GET", "/api/v1/monitors", key: newcomer), 404, "not-found")
  }

  @Test func `an invitation of an address is for its owner alone, and an account takes it up`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let owner = Self.unique("owner") + "@example.org"
    let invited = Self.unique("invited") + "@example.org"
    try api.person(owner, in: [(Self.unique("bound"), .owner)])
    try api.person(invited, in: [(Self.unique("elsewhere"), .viewer)])
    let token = try await api.token(owner)
    let made = try await api.send(
      "POST", "/api/v1/invitations", key: token, body: #"{"role":"admin","email":"\#(invited)"}"#)
    let secret = try #require(made.json["secret"]?.stringValue)
    let body = #"{"secret":"\#(secret)"}"#
    let other = Self.unique("other") + "@example.org"
    try api.person(other)
    expectProblem(
      try await api.send(
        "POST", "/api/v1/account/memberships", key: try await api.token(other), body: body), 409,
      "conflict")
    let taker = try await api.token(invited)
    let taken = try await api.send(
      "POST", "/api/v1/account/memberships", key: taker, body: body)
    #expect(taken.status == 200 && taken.json["role"] == "admin", "\(taken.text)")
    let list = try await api.send("GET", "/api/v1/organizations", key: taker)
    #expect(list.json["items"]?.elements.count == 2)
    // An admin makes no owner.
    let id = try #require(taken.json["organization"]?["id"]?.stringValue)
    expectProblem(
      try await api.send(
        "POST", "/api/v1/invitations", key: taker, body: #"{"role":"owner"}"#,
        headers: [("Upblit-Organization", id)]), 403, "not-allowed")
  }

  @Test func `a key may do what its scopes say, from where it says, and no more than its maker`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let editor = Self.unique("editor") + "@example.org"
    try api.person(editor, in: [(Self.unique("keys"), .editor)])
    let token = try await api.token(editor)
    func make(_ body: String) async throws -> RawHTTP.Answer {
      try await api.send("POST", "/api/v1/api-keys", key: token, body: body)
    }
    let made = try await make(#"{"name":"reads","scopes":["monitors:read","keys:read"]}"#)
    #expect(made.status == 201, "\(made.text)")
    let secret = try #require(made.json["secret"]?.stringValue)
    #expect(try await api.send("GET", "/api/v1/monitors", key: secret).status == 200)
    expectProblem(
      try await api.send(
        "POST", "/api/v1/monitors", key: secret,
        body: #"{"name":"x","check":{"kind":"http","url":"https://example.org/"}}"#), 403,
      "insufficient-scope")
    expectProblem(
      try await make(#"{"name":"more","scopes":["members:write"]}"#), 403, "not-allowed")
    for wrong in [
      #"{"name":"none","scopes":[]}"#, #"{"name":"odd","scopes":["all"]}"#,
      #"{"name":"past","scopes":["monitors:read"],"expires_at":"2020-01-01T00:00:00Z"}"#,
      #"{"name":"net","scopes":["monitors:read"],"networks":["10.0.0.1/8"]}"#,
    ] { expectProblem(try await make(wrong), 422, "invalid-fields") }
    for (network, status) in [("127.0.0.0/8", 200), ("192.0.2.0/24", 401)] {
      let bound = try await make(
        #"{"name":"bound","scopes":["monitors:read"],"networks":["\#(network)"]}"#)
      let key = try #require(bound.json["secret"]?.stringValue)
      #expect(try await api.send("GET", "/api/v1/monitors", key: key).status == status)
    }
    let list = try await api.send("GET", "/api/v1/api-keys", key: secret)
    let id = try #require(list.json["items"]?.elements.first?["id"]?.stringValue)
    #expect(!list.text.contains(secret))
    for _ in 0..<2 {
      #expect(try await api.send("DELETE", "/api/v1/api-keys/\(id)", key: token).status == 204)
    }
    expectProblem(
      try await api.send("GET", "/api/v1/monitors", key: secret), 401, "unauthenticated")
  }

  @Test func `whoever changes a member as they were known changes them as they are or not at all`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let (owner, other) = (
      Self.unique("owner") + "@example.org", Self.unique("other") + "@example.org"
    )
    let organization = Self.unique("racing")
    try api.person(owner, in: [(organization, .owner)])
    let id = try api.person(other, in: [(organization, .editor)])
    let token = try await api.token(owner)
    let path = "/api/v1/members/\(id)"
    let known = try await api.send("GET", path, key: token)
    let tag = try #require(known.headers["etag"])
    // Somebody else is at it, and is done while the request waits.
    let elsewhere = try api.database.connect()
    try elsewhere.execute("BEGIN")
    try elsewhere.query(
      "SELECT pg_advisory_xact_lock(1970299397, id) FROM organization WHERE name = $1",
      organization)
    async let answer = api.send(
      "PATCH", path, key: token, body: #"{"role":"admin"}"#, headers: [("If-Match", tag)])
    while try api.database.value(
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", as: Int64.self)
      == 0
    {
      await Task.yield()
    }
    try elsewhere.query(
      """
      UPDATE membership SET role = 'viewer', updated_at = updated_at + interval '1 second'
      WHERE person_id = $1
      """, id)
    try elsewhere.execute("COMMIT")
    expectProblem(try await answer, 412, "changed")
    let kept = try await api.send("GET", path, key: token)
    #expect(kept.json["role"] == "viewer")
  }

  @Test func `a quota is set by operators, shown to members, and kept to`() async throws {
    let api = try await SharedAPI.shared()
    let boss = Self.unique("operator") + "@example.org"
    let owner = Self.unique("owner") + "@example.org"
    try api.person(boss, in: [(Self.unique("bosses"), .owner)], isOperator: true)
    try api.person(owner, in: [(Self.unique("bounded"), .owner)])
    let (token, above) = (try await api.token(owner), try await api.token(boss))
    let account = try await api.send("GET", "/api/v1/account", key: token)
    let id = try #require(
      account.json["organizations"]?.elements.first?["id"]?.stringValue)
    let path = "/api/v1/organizations/\(id)"
    let body = #"{"quota":{"monitors":1,"least_interval_s":60}}"#
    expectProblem(try await api.send("PATCH", path, key: token, body: body), 403, "not-allowed")
    #expect(try await api.send("PATCH", path, key: above, body: body).status == 200)
    let shown = try await api.send("GET", path, key: token)
    #expect(shown.json["quota"]?["monitors"] == 1 && shown.json["use"]?["monitors"] == 0)
    let foreign = Self.unique("foreign") + "@example.org"
    try api.person(foreign, in: [(Self.unique("foreigners"), .owner)])
    expectProblem(
      try await api.send("GET", path, key: try await api.token(foreign)), 404, "not-found")
    let off = try await api.send(
      "PATCH", path, key: above, body: #"{"quota":{"monitors":null}}"#)
    #expect(off.json["quota"]?["monitors"] == .null)
    #expect(off.json["quota"]?["least_interval_s"] == 60)
  }

  @Test func `a refused request keeps no Idempotency-Key, and resuming keeps to the quota`()
    async throws
  {
    let api = try await SharedAPI.shared()
    let owner = Self.unique("owner") + "@example.org"
    let organization = Self.unique("resuming")
    try api.person(owner, in: [(organization, .editor)])
    let token = try await api.token(owner)
    let key = [("Idempotency-Key", "once")]
    let body = #"{"name":"k","scopes":["members:write"]}"#
    for _ in 0..<2 {
      expectProblem(
        try await api.send("POST", "/api/v1/api-keys", key: token, body: body, headers: key), 403,
        "not-allowed")
    }
    try api.database.connect().query(
      "UPDATE organization SET most_probes_per_s = 0 WHERE name = $1", organization)
    let paused = try await api.send(
      "POST", "/api/v1/monitors", key: token,
      body: """
        {"name":"p","paused":true,"regions":["eu"],"policy":{"kind":"all"},
        "check":{"kind":"http","url":"https://example.org/"}}
        """)
    #expect(paused.status == 201, "\(paused.text)")
    let id = try #require(paused.json["id"]?.stringValue)
    let resumed = try await api.send("POST", "/api/v1/monitors/\(id)/resume", key: token)
    #expect([409, 422].contains(resumed.status), "\(resumed.text)")
  }

  @Test func `the audit log tells who changed what, to its own organization`() async throws {
    let api = try await SharedAPI.shared()
    let owner = Self.unique("auditor") + "@example.org"
    try api.person(owner, in: [(Self.unique("audited"), .owner)])
    let token = try await api.token(owner)
    let made = try await api.send(
      "POST", "/api/v1/api-keys", key: token,
      body: #"{"name":"told","scopes":["monitors:read"]}"#)
    let secret = try #require(made.json["secret"]?.stringValue)
    let log = try await api.send("GET", "/api/v1/audit?action=api_key.create", key: token)
    let entry = try #require(log.json["items"]?.elements.first)
    #expect(entry["actor"]?["label"] == .string(owner) && entry["actor"]?["kind"] == "person")
    #expect(entry["object"]?["id"] == made.json["id"])
    #expect(entry["address"] == "127.0.0.1")
    #expect(entry["request_id"]?.stringValue == made.headers["x-request-id"])
    #expect(!log.text.contains(secret))
    let elsewhere = try await api.send("GET", "/api/v1/audit", key: api.key())
    #expect(!elsewhere.text.contains(owner))
  }

  @Test func `an operator disables a person at once, and not the last operator`() async throws {
    try await TestAPI.with { api in
      try api.person("boss@example.org", isOperator: true)
      let leaver = try api.person("leaver@example.org")
      let (above, token) = (
        try await api.token("boss@example.org"), try await api.token("leaver@example.org")
      )
      let path = "/api/v1/people/\(leaver)"
      expectProblem(
        try await api.send("PATCH", path, key: token, body: #"{"is_operator":true}"#), 403,
        "not-allowed")
      let gone = try await api.send("PATCH", path, key: above, body: #"{"disabled":true}"#)
      #expect(gone.json["disabled"] == true)
      #expect(try await api.send("GET", "/api/v1/account", key: token).status == 401)
      expectProblem(
        try await api.send(
          "POST", "/api/v1/login",
          body: #"{"email":"leaver@example.org","password":"\#(TestAPI.password)"}"#), 401,
        "wrong-credentials")
      let own = try await api.send("GET", "/api/v1/account", key: above)
      let id = try #require(own.json["id"]?.stringValue)
      for body in [#"{"disabled":true}"#, #"{"is_operator":false}"#] {
        expectProblem(
          try await api.send("PATCH", "/api/v1/people/\(id)", key: above, body: body), 409,
          "conflict")
      }
      let installation = "/api/v1/audit?installation=true&action=person.disable"
      let log = try await api.send("GET", installation, key: above)
      #expect(log.json["items"]?.elements.first?["object"]?["id"] == .string("\(leaver)"))
      let member = try api.key(scopes: [.auditRead])
      expectProblem(
        try await api.send("GET", installation, key: member), 403, "insufficient-scope")
      let people = try await api.send("GET", "/api/v1/people", key: above)
      #expect(people.json["items"]?.elements.count == 2)
    }
  }
}
