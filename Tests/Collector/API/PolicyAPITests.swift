import JSON
import Postgres
import TestSupport
import Testing

/// Policies through the API and the command line: each form, inherited or a monitor's own.
struct PolicyAPITests {
  @Test func `a monitor inherits its organization's policy until it has its own`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: key))"
      let organization = "/api/v1/organization"
      let standing = try await api.send("GET", organization, key: key)
      #expect(standing.json["name"] == "acme")
      #expect(standing.json["policy"] == ["kind": "majority"])
      #expect(standing.json["inheriting"] == 1)
      let born = try await api.send("GET", path, key: key)
      #expect(born.json["policy"]?.isNull == true)
      #expect(born.json["effective_policy"] == ["kind": "majority"])

      let tag = try #require(standing.headers["etag"])
      let changed = try await api.send(
        "PATCH", organization, key: key,
        body: #"{"policy":{"kind":"percent","percent":60,"severity":{"regional":"page"}}}"#,
        headers: [("If-Match", tag)])
      #expect(changed.status == 200, "\(changed.text)")
      #expect(changed.json["policy"]?["percent"] == 60)
      let heir = try await api.send("GET", path, key: key)
      #expect(heir.json["effective_policy"]?["percent"] == 60)
      #expect(heir.json["epoch"] == 1)
      let stale = try await api.send(
        "PATCH", organization, key: key, body: #"{"policy":{"kind":"all"}}"#,
        headers: [("If-Match", tag)])
      expectProblem(stale, 412, "changed")

      let own = try await api.send("PATCH", path, key: key, body: #"{"policy":{"kind":"all"}}"#)
      #expect(own.json["policy"] == ["kind": "all"])
      #expect(own.json["effective_policy"] == ["kind": "all"])
      #expect(try await api.send("GET", organization, key: key).json["inheriting"] == 0)
      let back = try await api.send("PATCH", path, key: key, body: #"{"policy":null}"#)
      #expect(back.json["policy"]?.isNull == true)
      #expect(back.json["effective_policy"]?["percent"] == 60)
      // What was read can be sent back.
      let same = try await api.send("PATCH", organization, key: key, body: "{}")
      #expect(same.json["policy"]?["percent"] == 60)
    }
  }

  @Test(
    arguments: [
      (#"{"policy":null}"#, "/policy"), (#"{"policy":{"kind":"most"}}"#, "/policy/kind"),
      (#"{"policy":{"kind":"n_of_m","n":11}}"#, "/policy/n"),
      (#"{"policy":{"kind":"n_of_m","n":3}}"#, "/policy/n"),
      (#"{"policy":{"kind":"majority","ignore":["cn"]}}"#, "/policy/ignore/0"),
      (#"{"policy":{"kind":"majority","up_cap":10}}"#, "/policy/up_cap"),
      (#"{"named":"x"}"#, "/named"),
    ])
  func `an organization's policy that can't be is refused with its field`(
    body: String, pointer: String
  ) async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body:
          #"{"name":"shop","check":{"kind":"http","url":"http://a/"},"regions":["eu","us"]}"#)
      #expect(made.status == 201)
      let answer = try await api.send("PATCH", "/api/v1/organization", key: key, body: body)
      expectProblem(answer, 422, "invalid-fields")
      #expect(answer.json["errors"]?.elements.first?["pointer"]?.stringValue == pointer)
      let stored = try api.database.value("SELECT policy::text FROM organization", as: String.self)
      #expect(stored == #"{"kind": "majority"}"#)
    }
  }

  @Test func `each organization has its own`() async throws {
    try await TestAPI.with { api in
      let (ours, theirs) = (try api.key(), try api.key(organization: "other"))
      let path = "/api/v1/monitors/\(try await api.makeMonitor(key: ours))"
      _ = try await api.send(
        "PATCH", "/api/v1/organization", key: theirs, body: #"{"policy":{"kind":"any"}}"#)
      let read = try await api.send("GET", path, key: ours)
      #expect(read.json["effective_policy"] == ["kind": "majority"])
      let mine = try await api.send("GET", "/api/v1/organization", key: ours)
      #expect(mine.json["policy"] == ["kind": "majority"])
    }
  }

  @Test func `what live agents can't give is warned of`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let connection = try api.database.connect()
      for region in ["eu", "us", "ap"] {
        let agent = try api.database.addAgent(name: region, region: region)
        try connection.query(
          "INSERT INTO agent_presence (agent_key, state, since) VALUES ($1, $2, now())", agent,
          region == "ap" ? "silent" : "live")
      }
      let made = try await api.send(
        "POST", "/api/v1/monitors", key: key,
        body: """
          {"name":"a","check":{"kind":"http","url":"http://a/"},
           "policy":{"kind":"n_of_m","n":3,"must_fail":["ap"]}}
          """)
      let warnings = try #require(made.json["warnings"]?.elements)
      #expect(
        warnings.compactMap { $0["pointer"]?.stringValue }
          == ["/effective_policy/n", "/effective_policy/must_fail/0"])
      #expect(warnings.allSatisfy { $0["unknown"] == true })
      #expect(
        warnings.first?["detail"]?.stringValue
          == "the policy needs 3 regions with a live agent, and only eu, us have one: the verdict is "
          + "unknown until then")
      let path = "/api/v1/monitors/\(try #require(made.json["id"]?.stringValue))"
      let mended = try await api.send("PATCH", path, key: key, body: #"{"policy":null}"#)
      #expect(mended.json["warnings"] == [])
      let list = try await api.send("GET", "/api/v1/monitors", key: key)
      #expect(list.json["items"]?.elements.first?["warnings"] == [])
    }
  }

  @Test func `the command line writes and reads every form`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      func run(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
        try await CommandLineProgram.run(
          arguments,
          environment: [
            "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
            "HOME": "/nonexistent",
          ])
      }
      func policy(_ arguments: String...) async throws -> JSONValue? {
        let outcome = try await CommandLineProgram.run(
          ["monitor", "edit", "shop", "-o", "json"] + arguments,
          environment: [
            "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
            "HOME": "/nonexistent",
          ])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return try JSONValue(parsing: outcome.output)["policy"]
      }
      let added = try await run(
        "monitor", "add", "shop", "https://shop.example.org/", "--policy", "eu=3,us=2",
        "--must-fail", "eu", "--ignore", "lab", "--up-cap", "1", "--min-domains", "1",
        "--severity", "regional=page", "--severity", "partial=none")
      #expect(added.status == 0, "\(added.errors)")
      #expect(
        added.output.contains(
          "weighted (eu 3, us 2), at most 1 up, 1 provider, eu must fail, lab ignored, "
            + "partial tells nobody, regional pages\n"), "\(added.output)")
      #expect(added.output.contains("warning"), "\(added.output)")
      #expect(try await policy("--up-cap", "default", "--must-fail", "none")?["up_cap"] == nil)
      #expect(try await policy("--policy", "60%") == ["kind": "percent", "percent": 60])
      #expect(
        try await policy("--severity", "degraded=notify")
          == ["kind": "percent", "percent": 60, "severity": ["degraded": "notify"]])
      #expect(try await policy("--policy", "all") == ["kind": "all"])
      #expect(try await policy("--policy", "2") == ["kind": "n_of_m", "n": 2])
      #expect(
        try await policy("--policy", #"{"kind":"any","up_cap":2}"#) == ["kind": "any", "up_cap": 2])
      #expect(try await policy("--policy", "inherited")?.isNull == true)

      let set = try await run(
        "organization", "policy", "--policy", "majority", "--ignore", "lab")
      #expect(set.output.contains("policy        majority, lab ignored\n"), "\(set.output)")
      #expect(set.output.contains("inherited by  1 monitor\n"))
      let more = try await run("organization", "policy", "--severity", "regional=none")
      #expect(more.output.contains("majority, lab ignored, regional tells nobody\n"))
      let shown = try await run("monitor", "show", "shop")
      #expect(
        shown.output.contains(
          "majority, lab ignored, regional tells nobody (inherited from the organization)\n"))
      // Flags that change a part begin with what is inherited.
      #expect(try await policy("--up-cap", "0")?["ignore"] == ["lab"])

      for (arguments, words) in [
        (["--policy", "most"], "most is no policy"), (["--policy", "eu=x"], "is no policy"),
        (["--policy", "{"], "not valid JSON"), (["--up-cap", "x"], "use a number, or default"),
        (["--severity", "down"], "use a form such as regional=page"),
        (["--policy", "inherited", "--up-cap", "1"], "as it is"),
      ] {
        let bad = try await CommandLineProgram.run(
          ["monitor", "edit", "shop"] + arguments,
          environment: [
            "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
            "HOME": "/nonexistent",
          ])
        #expect(bad.status == 64 && bad.errors.contains(words), "\(arguments): \(bad.errors)")
      }
      let refused = try await run("monitor", "edit", "shop", "--severity", "down=shout")
      #expect(refused.status == 1)
      #expect(
        refused.errors == "upblit: policy/severity/down: must be one of page, notify, none\n",
        "\(refused.errors)")
      let orphan = try await run("organization", "policy", "--policy", "inherited")
      #expect(orphan.status == 64, "\(orphan)")
    }
  }
}
