import Glibc
import JSON
import TestSupport
import Testing

/// The forms in which `upblit` prints, its contexts and its tools.
struct CommandOutputTests {
  private func home(_ api: TestAPI) throws -> (TemporaryHome, [String: String]) {
    (
      try TemporaryHome(),
      ["UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try api.key()]
    )
  }

  @Test func `one list has every form`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let id = try await api.makeMonitor(key: key, name: #"=cmd, \"x\""#)
      let other = try await api.makeMonitor(key: key, name: "web")
      let (home, environment) = try home(api)
      defer { home.remove() }
      func list(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
        try await home.run(["monitor", "list"] + arguments, environment: environment)
      }
      #expect(try await list("-o", "name").output == "\(id)\n\(other)\n")
      #expect(
        try await list("-o", "csv", "--columns", "name,State,every").output == """
          name,state,every
          "'=cmd, ""x""\",pending,60
          web,pending,60

          """)
      let csv = try await list("-o", "csv", "--no-headers")
      #expect(csv.output.hasPrefix("\(id),"))
      #expect(csv.output.split(separator: "\n").count == 2)
      let wide = try await list("-o", "wide")
      #expect(wide.output.contains("\(id)  =cmd"), "\(wide.output)")
      #expect(wide.output.contains("KIND  REGIONS  POLICY\n"), "\(wide.output)")
      #expect(
        try await list("--columns", "name,state", "--no-headers").output
          == "=cmd, \"x\"  pending\nweb        pending\n")
      let yaml = try await list("-o", "yaml")
      #expect(
        yaml.output.hasPrefix("- id: \"\(id)\"\n  name: \"=cmd, \\\"x\\\"\"\n  state: pending\n")
          || yaml.output.hasPrefix("- id: \(id)\n  name: \"=cmd, \\\"x\\\"\"\n  state: pending\n"),
        "\(yaml.output)")
      let json = try JSONValue(parsing: try await list("-o", "json").output)
      #expect(json.elements.map { $0["id"]?.stringValue } == [id, other])
      let wrong = try await list("--columns", "nme")
      #expect(wrong.status == 64)
      #expect(wrong.errors.hasPrefix("upblit: there is no column nme, did you mean name?"))
      #expect(try await list("--state", "down").errors == "There are no such monitors.\n")
      #expect(try await list("--state", "down", "-q").errors == "")
      let none = try await list("--state", "down", "-o", "csv", "--columns", "id")
      #expect(none.output == "id\n" && none.errors.isEmpty)
    }
  }

  @Test func `a monitor is paused and resumed, by a name that is guessed where it is wrong`()
    async throws
  {
    try await TestAPI.with { api in
      let id = try await api.makeMonitor(key: try api.key(), name: "checkout")
      let (home, environment) = try home(api)
      defer { home.remove() }
      let paused = try await home.run(["monitor", "pause", "checkout"], environment: environment)
      #expect(
        paused.output == "Paused checkout. Resume it: upblit monitor resume \(id.prefix(8))\n")
      let resumed = try await home.run(
        ["monitor", "resume", "checkout", "-o", "yaml"], environment: environment)
      #expect(resumed.output.contains("\npaused: false\n"), "\(resumed.output)")
      let wrong = try await home.run(["monitor", "get", "chekcout"], environment: environment)
      #expect(wrong.status == 5)
      #expect(
        wrong.errors
          == "upblit: there is no monitor called \"chekcout\": did you mean \"checkout\"? "
          + "`upblit monitor list` shows what there is\n")
    }
  }

  @Test func `contexts are added, chosen, shown and removed`() async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    func run(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
      try await home.run(["context"] + arguments)
    }
    #expect(try await run("list").errors.hasPrefix("There are no contexts yet."))
    #expect(try await run("add", "work", "https://upblit.example.org").status == 0)
    #expect(try await run("add", "lab", "http://127.0.0.1:1", "--ca-file", "/x y.pem").status == 0)
    #expect(try await run("add", "lab", "http://127.0.0.1:2").status == 6)
    #expect(try await run("add", "far", "http://far.example.org").status == 64)
    #expect(try await run("add", "-a", "https://far.example.org").status == 64)
    #expect(
      try await run("list").output == """
        CURRENT  NAME  SERVER                      ORGANIZATION  LOGIN  CA FILE
        *        work  https://upblit.example.org  -             -
                 lab   http://127.0.0.1:1          -             -      /x y.pem

        """)
    #expect(try await run("use", "lab").errors == "Using lab (http://127.0.0.1:1).\n")
    let unknown = try await run("use", "wrok")
    #expect(unknown.status == 5)
    #expect(
      unknown.errors
        == "upblit: there is no context \"wrok\", did you mean work? There are: work, lab\n")
    #expect(try await run("show").output.hasPrefix("name      lab\nserver    http://127.0.0.1:1\n"))
    #expect(try await run("remove", "lab").status == 0)
    #expect(try await run("list", "-o", "name").output == "work\n")
    #expect(home.mode(".config/upblit/config.yaml") == 0o600)
  }

  @Test(
    arguments: [
      ("contexts: [", "it is not YAML"), ("curent: x", "did you mean current?"),
      ("contexts:\n  a:\n    servr: x", "did you mean server?"),
      ("contexts:\n  a: {}", "the context a has no server"), ("- x", "must be a mapping"),
      ("contexts:\n  'a b':\n    server: x", "is no name of a context"),
      ("current: [x]", "current must be a text"),
    ])
  func `a configuration that can't be read says why`(text: String, words: String) async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    try home.write(text, to: ".config/upblit/config.yaml")
    let outcome = try await home.run(["context", "list"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func `flags go before the environment, and that before the file`() async throws {
    try await TestAPI.with { api in
      let home = try TemporaryHome()
      defer { home.remove() }
      let here = "http://127.0.0.1:\(api.port)"
      try home.write(
        """
        current: here
        contexts:
          here: {server: "\(here)"}
          away: {server: "http://127.0.0.1:1"}
        """, to: "folder/config.yaml")
      try home.storeLogins(
        [("here", here, try api.key()), ("away", "http://127.0.0.1:1", "upb_key_away")],
        in: "folder/credentials")
      let folder = ["UPBLIT_CONFIG_DIR": home.path + "/folder"]
      func who(
        _ arguments: [String], _ environment: [String: String] = [:]
      ) async throws -> CommandLineProgram.Outcome {
        try await home.run(
          ["whoami"] + arguments, environment: environment.merging(folder) { given, _ in given })
      }
      #expect(try await who([]).output.contains("organization  acme\n"))
      #expect(try await who(["-c", "away"]).errors.contains("http://127.0.0.1:1: "))
      #expect(try await who([], ["UPBLIT_CONTEXT": "away"]).status == 1)
      #expect(try await who(["-c", "here"], ["UPBLIT_CONTEXT": "away"]).status == 0)
      #expect(try await who([], ["UPBLIT_SERVER": "http://127.0.0.1:1"]).status == 4)
      #expect(
        try await who(["-c", "here"], ["UPBLIT_SERVER": "http://127.0.0.1:1"]).status == 0)
      #expect(
        try await who(["--server", here], ["UPBLIT_SERVER": "http://127.0.0.1:1"]).status == 0)
      let wrong = ["UPBLIT_TOKEN": "upb_key_wrong"]
      #expect(try await who([], wrong).errors.contains("set UPBLIT_SERVER beside it"))
      try home.write(try api.key(organization: "other") + "\n", to: "key")
      let other = try await who(
        ["--token-file", home.path + "/key"], wrong)
      #expect(other.output.contains("organization  other\n"))
      #expect(try await who(["-c", "hree"]).errors.contains("did you mean here?"))
    }
  }

  @Test func `raw requests reach every path, page by page`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      for number in 1...3 { _ = try await api.makeMonitor(key: key, name: "m\(number)") }
      let (home, environment) = try home(api)
      defer { home.remove() }
      func call(
        _ arguments: String..., input: String = ""
      ) async throws
        -> CommandLineProgram.Outcome
      {
        try await home.run(["api"] + arguments, input: input, environment: environment)
      }
      let page = try await call("get", "monitors?limit=2")
      #expect(try JSONValue(parsing: page.output)["items"]?.elements.count == 2)
      let all = try await call("GET", "/api/v1/monitors", "--all", "-o", "json")
      #expect(try JSONValue(parsing: all.output).elements.count == 3)
      let made = try await call(
        "POST", "monitors", "--input", "-", "-i",
        input: #"{"name":"new","check":{"kind":"http","url":"https://a.test/"}}"#)
      #expect(made.status == 0, "\(made.errors)")
      #expect(made.errors.hasPrefix("201\n"))
      #expect(try JSONValue(parsing: made.output)["name"] == "new")
      #expect(try await call("POST", "monitors", "--input", "-", input: "{").status == 65)
      #expect(try await call("GET", "nothing").status == 5)
      let debugged = try await call("GET", "me", "--debug")
      #expect(debugged.errors.contains("> GET http://127.0.0.1:\(api.port)/api/v1/me\n"))
      #expect(debugged.errors.contains("> Authorization: Bearer ...\n"))
      #expect(!debugged.errors.contains("upb_key_"))
    }
  }

  @Test func `the doctor names what is wrong`() async throws {
    try await TestAPI.with { api in
      let (home, environment) = try home(api)
      defer { home.remove() }
      let well = try await home.run(["doctor"], environment: environment)
      #expect(well.status == 0, "\(well.output)")
      #expect(well.output.contains("ok  clock       within "), "\(well.output)")
      var wrong = environment
      wrong["UPBLIT_TOKEN"] = "upb_key_wrong"
      let refused = try await home.run(["doctor"], environment: wrong)
      #expect(refused.status == 1)
      #expect(refused.output.contains("wrong  login"), "\(refused.output)")
      wrong["UPBLIT_SERVER"] = "http://127.0.0.1:1"
      let absent = try await home.run(["doctor", "-o", "json"], environment: wrong)
      #expect(absent.status == 1)
      let last = try #require(try JSONValue(parsing: absent.output).elements.last)
      #expect(last["subject"] == "connection" && last["finding"] == "wrong")
      #expect(last["detail"]?.stringValue?.contains("is the collector running") == true)
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `there is a completion for`(shell: String) async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    let outcome = try await home.run(["completion", shell])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("monitor"))
  }

  @Test(
    arguments: [
      (["monitr", "list"], "there is no command `upblit monitr`: did you mean `upblit monitor`?"),
      (
        ["monitor", "lits"],
        "there is no command `upblit monitor lits`: did you mean `upblit monitor list`?"
      ),
      (["frobnicate"], "there is no command `upblit frobnicate`; there are: login, logout"),
    ])
  func `an unknown command is answered with what was meant`(
    arguments: [String], words: String
  ) async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    let outcome = try await home.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("upblit: \(words)"), "\(outcome.errors)")
  }

  @Test func `away from a terminal a watch prints a line a change`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let id = try await api.makeMonitor(key: key, name: "web")
      let (home, environment) = try home(api)
      defer { home.remove() }
      let watch = try RunningProgram(
        ["monitor", "list", "--watch", "--every", "1"],
        environment: environment.merging(["HOME": home.path]) { given, _ in given })
      try await watch.until { $0.contains("\n") }
      _ = try await api.send("DELETE", "/api/v1/monitors/\(id)", key: key)
      try await watch.until { $0.utf8.count(where: { $0 == 10 }) == 2 }
      watch.signal(SIGINT)
      let lines = try await watch.outcome().output.split(separator: "\n")
        .map { try JSONValue(parsing: String($0)) }
      #expect(lines.map { $0["change"]?.stringValue } == ["present", "removed"])
      #expect(lines.allSatisfy { $0["item"]?["id"]?.stringValue == id })
    }
  }
}
