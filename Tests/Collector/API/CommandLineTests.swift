import Glibc
import JSON
import Postgres
import TestSupport
import Testing

struct CommandLineTests {
  private func environment(_ api: TestAPI, key: String? = nil) throws -> [String: String] {
    [
      "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try key ?? api.key(),
      "HOME": "/nonexistent",
    ]
  }

  @Test func `a login is tried, stored for its owner alone, and used`() async throws {
    try await TestAPI.with { api in
      let folder = try TemporaryHome()
      defer { folder.remove() }
      let address = "http://127.0.0.1:\(api.port)"
      let key = try api.key()
      let login = ["login", address, "--with-token"]
      let refused = try await folder.run(login, input: "upb_key_wrong\n")
      #expect(refused.status == 4)
      #expect(folder.mode(".config/upblit/config.yaml") == nil)
      #expect(folder.mode(".local/state/upblit/credentials") == nil)
      let done = try await folder.run(login, input: key + "\n")
      #expect(done.status == 0, "\(done.errors)")
      #expect(
        done.output.hasPrefix("Logged in to \(address) as organization acme with key test.\n"))
      #expect(done.errors.contains("upblit monitor create"))
      #expect(!(done.output + done.errors).contains(key))
      #expect(folder.mode(".local/state/upblit/credentials") == 0o600)
      let config = try #require(folder.text(".config/upblit/config.yaml"))
      #expect(
        config == """
          current: "127.0.0.1-\(api.port)"
          contexts:
            "127.0.0.1-\(api.port)":
              server: \(address)
              organization: acme

          """)
      let who = try await folder.run(["whoami"])
      #expect(who.output.contains("organization  acme\n"))
      #expect(!who.output.contains(key))
      chmod(folder.path + "/.local/state/upblit/credentials", 0o644)
      let exposed = try await folder.run(["whoami"])
      #expect(exposed.status == 1)
      #expect(exposed.errors.contains("chmod 600"))
      chmod(folder.path + "/.local/state/upblit/credentials", 0o600)
      #expect(try await folder.run(["logout"]).status == 0)
      #expect(folder.text(".local/state/upblit/credentials")?.contains(key) == false)
      let after = try await folder.run(["status"])
      #expect(after.status == 4)
      #expect(
        after.errors.hasPrefix("upblit: not logged in to \(address): run `upblit login \(address)`")
      )
    }
  }

  @Test func `without a login the way to one is told`() async throws {
    let outcome = try await CommandLineProgram.run(
      ["status"], environment: ["HOME": "/nonexistent"])
    #expect(outcome.status == 4)
    #expect(
      outcome.errors
        == "upblit: not logged in: run `upblit login https://upblit.example.org`, "
        + "or set UPBLIT_SERVER and UPBLIT_TOKEN\n")
  }

  @Test func `a key is not sent in the clear`() async throws {
    let outcome = try await CommandLineProgram.run(
      ["status"],
      environment: [
        "UPBLIT_SERVER": "http://example.org", "UPBLIT_TOKEN": "upb_key_x", "HOME": "/",
      ])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("use https://example.org"))
  }

  @Test func `a collector that does not answer is told in one sentence`() async throws {
    let outcome = try await CommandLineProgram.run(
      ["status"],
      environment: [
        "UPBLIT_SERVER": "http://127.0.0.1:1", "UPBLIT_TOKEN": "upb_key_x", "HOME": "/",
      ])
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("upblit: cannot reach http://127.0.0.1:1: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test func `a monitor is added, listed, shown, edited and deleted`() async throws {
    try await TestAPI.with { api in
      let environment = try environment(api)
      func run(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
        try await CommandLineProgram.run(arguments, environment: environment)
      }
      let added = try await run(
        "monitor", "add", "shop", "https://shop.example.org/", "--interval", "30", "--contains",
        "Basket", "--policy", "2")
      #expect(added.status == 0, "\(added.errors)")
      #expect(
        added.output.contains("policy                  at least 2 regions\n"), "\(added.output)")
      #expect(try await run("monitor", "add", "db", "[::1]:5432").status == 0)
      let list = try await run("monitor", "list")
      let lines = list.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 3)
      #expect(lines[0] == "ID        NAME  STATE    SINCE  TARGET                     EVERY")
      #expect(
        lines[1].dropFirst(8) == "  shop  pending  -      https://shop.example.org/   30 s")
      #expect(lines[2].dropFirst(8) == "  db    pending  -      [::1]:5432                  60 s")
      let edited = try await run("monitor", "edit", "shop", "--pause", "--rename", "store")
      #expect(edited.output.hasPrefix("name"), "\(edited.errors)")
      let shown = try await run("monitor", "show", "store", "-o", "json")
      let value = try JSONValue(parsing: shown.output)
      #expect(value["state"] == "paused")
      #expect(value["check"]?["contains"] == ["Basket"])
      #expect(try await run("monitor", "delete", "store").status == 0)
      let gone = try await run("monitor", "show", "store")
      #expect(gone.status == 5)
      #expect(
        gone.errors
          == "upblit: there is no monitor called \"store\": `upblit monitor list` shows what there is\n"
      )
      let bad = try await run("monitor", "add", "x", "https://a.test/", "--interval", "2")
      #expect(bad.status == 1)
      #expect(bad.errors == "upblit: interval_s: is 2; it must be from 5 to 86400\n")
    }
  }

  @Test func `an incident's timeline says how it ended`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(in: api, organization: "acme")
      let environment = try environment(api)
      func shown() async throws -> String {
        let outcome = try await CommandLineProgram.run(
          ["incident", "show", outage.incident], environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
      }
      try outage.change("severity = 'unknown'", in: api)
      let blind = try await shown()
      #expect(blind.contains("00:00:00  too few votes from here on\n"), "\(blind)")
      #expect(blind.contains("00:05:11  declared up"), "\(blind)")
      #expect(blind.contains("00:05:00  enough votes again\n"), "\(blind)")
      #expect(!blind.contains("without a verdict"), "\(blind)")
      try outage.change("closing_verdict = NULL", in: api)
      let withdrawn = try await shown()
      #expect(withdrawn.contains("closed without a verdict: the monitor was paused or deleted"))
    }
  }

  @Test func `an incident is shown as a timeline with every voter`() async throws {
    try await TestAPI.with { api in
      let outage = try await Outage.store(
        in: api, organization: "acme", detail: "no answer\u{1b}[2J\r\nroot#")
      let environment = try environment(api)
      let shown = try await CommandLineProgram.run(
        ["incident", "show", String(outage.incident.prefix(8))], environment: environment)
      let day = Day.text(Outage.start)
      #expect(
        shown.output == """
          DOWN  shop  https://example.org/
          closed, lasted 5 min  incident \(outage.incident)

          \(day) (UTC)
            00:00:00  first failure
            00:00:22  declared down: 3 of 3 votes fail, 0 up (majority: 2 must fail, at most 0 up)
                      REGION  AGENT  VOTE                     AGE    COUNTED  EVIDENCE
                      ap      ap-1   fails (timeout.connect)  1.2 s  yes      10 s, no answer\\u{1b}[2J\\u{d}\\u{a}root#
                      eu      eu-1   fails (timeout.connect)  1.2 s  yes      10 s, no answer\\u{1b}[2J\\u{d}\\u{a}root#
                      us      us-1   fails (timeout.connect)  1.2 s  yes      10 s, no answer\\u{1b}[2J\\u{d}\\u{a}root#
            00:05:00  first success
            00:05:11  declared up: 0 of 3 votes fail, 3 up (majority: 2 must fail, at most 0 up)
                      REGION  AGENT  VOTE  AGE    COUNTED  EVIDENCE
                      ap      ap-1   up    1.2 s  yes      status 200, 12.3 ms
                      eu      eu-1   up    1.2 s  yes      status 200, 12.3 ms
                      us      us-1   up    1.2 s  yes      status 200, 12.3 ms

          """)
      let list = try await CommandLineProgram.run(["incident", "list"], environment: environment)
      #expect(list.output.contains("  shop     down      closed  \(day)T00:00:00.000Z   5 min"))
      let status = try await CommandLineProgram.run(["status"], environment: environment)
      #expect(status.output == "Monitors  1: 1 up\nAgents    3: 3 new\nNo open incidents.\n")
    }
  }

  @Test func `agents and tokens are listed, made and revoked`() async throws {
    try await TestAPI.with { api in
      _ = try api.database.addAgent(name: "fra-1", region: "eu", provider: "hetzner")
      let environment = try environment(api)
      func run(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
        try await CommandLineProgram.run(arguments, environment: environment)
      }
      let made = try await run("agent", "token", "create", "--region", "eu")
      #expect(made.output.contains("| upblit-agent enroll --collector tls://collector.test:4433"))
      let tokens = try await run("agent", "token", "list")
      #expect(tokens.output.contains("  open   -     eu      -         "), "\(tokens.output)")
      #expect(!tokens.output.contains("upb_enr_"))
      let id = String(tokens.output.split(separator: "\n")[1].prefix(8))
      #expect(try await run("agent", "token", "revoke", id).status == 0)
      let list = try await run("agent", "list")
      #expect(
        list.output.contains("  fra-1  eu      hetzner   new    -      -          0      -\n"))
      #expect(try await run("agent", "revoke", "fra-1").status == 0)
      #expect(try await run("agent", "show", "fra-1").output.contains(" revoked\n"))
    }
  }

  @Test(
    arguments: [
      ["monitor", "frobnicate"], ["monitor", "add", "x"], ["status", "--every", "0"],
      ["monitor", "edit", "x", "--pause", "--resume"], ["--nonsense"],
      ["maintenance", "add", "x", "--for", "2h"], ["maintenance", "add", "x", "--all"],
      ["maintenance", "add", "x", "--all", "--monitor", "y", "--for", "2h"],
      ["maintenance", "add", "x", "--all", "--for", "2 hours"],
    ])
  func `wrong usage is told with its own code`(arguments: [String]) async throws {
    let outcome = try await CommandLineProgram.run(arguments, environment: ["HOME": "/"])
    #expect(outcome.status == 64)
  }

  @Test(
    arguments: [
      ["login"], ["logout"], ["whoami"], ["account"], ["account", "get"],
      ["account", "password"], ["account", "second-factor"],
      ["account", "second-factor", "enable"], ["account", "second-factor", "disable"],
      ["account", "second-factor", "codes"], ["session"], ["session", "list"],
      ["session", "revoke"], ["user"], ["user", "list"], ["user", "get"], ["user", "invite"],
      ["user", "role"], ["user", "remove"], ["invitation"], ["invitation", "list"],
      ["invitation", "get"], ["invitation", "revoke"], ["key"], ["key", "list"],
      ["key", "create"], ["key", "get"], ["key", "revoke"], ["audit"], ["audit", "list"],
      ["organization", "list"], ["organization", "use"], ["context"], ["context", "list"],
      ["context", "use"],
      ["context", "add"], ["context", "remove"], ["context", "show"], ["status"], ["monitor"],
      ["monitor", "create"], ["monitor", "list"], ["monitor", "get"], ["monitor", "results"],
      ["monitor", "uptime"], ["monitor", "edit"], ["monitor", "pause"], ["monitor", "resume"],
      ["monitor", "delete"], ["monitor", "history"], ["organization"], ["organization", "get"],
      ["organization", "policy"], ["quorum"], ["quorum", "simulate"], ["quorum", "backtest"],
      ["incident"], ["incident", "list"], ["incident", "show"], ["incident", "replay"],
      ["notice"], ["notice", "list"], ["maintenance"], ["maintenance", "create"],
      ["maintenance", "list"], ["maintenance", "get"], ["maintenance", "edit"],
      ["maintenance", "end"], ["agent"], ["agent", "list"], ["agent", "get"],
      ["agent", "events"], ["agent", "revoke"], ["agent", "token"],
      ["agent", "token", "create"], ["agent", "token", "list"], ["agent", "token", "revoke"],
      ["check"], ["api"], ["doctor"], ["completion"], ["version"],
    ])
  func `every command's help has an example`(command: [String]) async throws {
    let outcome = try await CommandLineProgram.run(
      command + ["--help"], environment: ["HOME": "/"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("  upblit \(command.joined(separator: " "))"))
  }
}
