import Glibc
import Testing

/// Where what proves who asks is sent, and how it is kept.
struct CredentialPlaceTests {
  private let config = ".config/upblit/config.yaml"
  private let credentials = ".local/state/upblit/credentials"
  private let here = "http://127.0.0.1:1"
  private let away = "http://127.0.0.1:2"

  private func with(_ body: (TemporaryHome) async throws -> Void) async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    try home.write("current: a\ncontexts:\n  a: {server: \"\(here)\"}\n", to: config)
    try home.storeLogins([("a", here, "upb_key_secret")])
    try await body(home)
  }

  @Test func `a stored key goes to no collector that a flag names`() async throws {
    try await with { home in
      let outcome = try await home.run(["whoami", "--server", away])
      #expect(outcome.status == 4)
      #expect(outcome.errors.contains("not logged in to \(away)"))
    }
  }

  @Test(arguments: [
    "http://127.0.0.1:2", "http://localhost:1", "https://127.0.0.1:1", "https://a.example",
  ])
  func `a stored key does not follow its context to`(server: String) async throws {
    try await with { home in
      try home.write("current: a\ncontexts:\n  a: {server: \"\(server)\"}\n", to: config)
      let outcome = try await home.run(["whoami"])
      #expect(outcome.status == 4, "\(outcome.errors)")
      #expect(
        outcome.errors
          == "upblit: the login of the context a is for \(here), and the context names \(server): "
          + "it is not sent there; run `upblit login --context a`\n")
      let list = try await home.run(["context", "list", "--columns", "login", "--no-headers"])
      #expect(list.output == "of \(here) alone\n")
    }
  }

  @Test func `a name that is taken again has none of its former key`() async throws {
    try await with { home in
      try home.write("", to: config)
      #expect(try await home.run(["context", "add", "a", away]).status == 0)
      #expect(try await home.run(["whoami"]).errors.contains("it is not sent there"))
      #expect(try await home.run(["context", "remove", "a"]).status == 0)
      #expect(home.text(credentials)?.contains("upb_key_secret") == false)
    }
  }

  @Test func `an address that is written otherwise is the same`() async throws {
    try await with { home in
      try home.write("current: a\ncontexts:\n  a: {server: \"HTTP://127.0.0.1:1/\"}\n", to: config)
      #expect(try await home.run(["whoami"]).errors.contains("cannot reach \(here)"))
    }
  }

  @Test(
    arguments: [
      // flag, UPBLIT_SERVER, what is said
      (nil, nil, "set UPBLIT_SERVER beside it"),
      (nil, "http://127.0.0.1:2", "cannot reach http://127.0.0.1:2"),
      (nil, "http://127.0.0.1:1", "cannot reach http://127.0.0.1:1"),
      ("http://127.0.0.1:2", nil, "cannot reach http://127.0.0.1:2"),
      ("http://127.0.0.1:2", "http://127.0.0.1:2", "cannot reach http://127.0.0.1:2"),
      ("http://127.0.0.1:2", "http://127.0.0.1:1", "is not sent to http://127.0.0.1:2"),
    ] as [(String?, String?, String)])
  func `a token of the environment goes to the collector beside it`(
    flag: String?, server: String?, words: String
  ) async throws {
    try await with { home in
      var environment = ["UPBLIT_TOKEN": "upb_key_other"]
      environment["UPBLIT_SERVER"] = server
      let outcome = try await home.run(
        ["whoami"] + (flag.map { ["--server", $0] } ?? []), environment: environment)
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
      #expect(outcome.status == (words.hasPrefix("cannot reach") ? 1 : 4))
    }
  }

  @Test func `the authority of a context is believed for its collector alone`() async throws {
    try await TestAPI.with { api in
      try await with { home in
        // A file that is none is told of by libcurl as soon as it is used for TLS.
        try home.write(
          "current: a\ncontexts:\n  a: {server: \"https://127.0.0.1:\(api.port)\", ca_file: /none}\n",
          to: config)
        try home.write(try api.key(), to: "key")
        let key = ["--token-file", home.path + "/key"]
        let own = try await home.run(["whoami"] + key)
        #expect(own.errors.contains("/none"), "\(own.errors)")
        let other = try await home.run(
          ["whoami", "--server", "https://localhost:\(api.port)"] + key)
        #expect(other.status == 1 && !other.errors.contains("/none"), "\(other.errors)")
      }
    }
  }

  @Test func `a file of keys that is a link, a pipe or another form is refused`() async throws {
    try await with { home in
      let path = home.path + "/" + credentials
      try home.write(try #require(home.text(credentials)), to: "elsewhere")
      chmod(home.path + "/elsewhere", 0o600)
      unlink(path)
      symlink(home.path + "/elsewhere", path)
      #expect(try await home.run(["whoami"]).errors.contains("is a link"))
      unlink(path)
      mkfifo(path, 0o600)
      #expect(try await home.run(["whoami"]).errors.contains("is no plain file"))
      unlink(path)
      for text in ["a = upb_key_secret\n", #"{"logins":[{"context":"a","api_key":"upb_key_x"}]}"#] {
        try home.write(text, to: credentials)
        chmod(path, 0o600)
        let outcome = try await home.run(["whoami"])
        #expect(outcome.status == 1 && outcome.errors.contains("log in again"))
        #expect(!outcome.errors.contains("upb_key_"))
      }
    }
  }

  @Test func `a configuration that is a link stays one`() async throws {
    try await with { home in
      let path = home.path + "/" + config
      rename(path, home.path + "/dotfiles.yaml")
      symlink(home.path + "/dotfiles.yaml", path)
      let added = try await home.run(["context", "add", "b", away])
      #expect(added.status == 0, "\(added.errors)")
      #expect(home.text("dotfiles.yaml")?.contains(away) == true)
      var link = stat()
      let isThere = lstat(path, &link) == 0
      #expect(isThere && link.st_mode & S_IFMT == S_IFLNK)
    }
  }

  @Test func `many that change a file at once lose nothing`() async throws {
    try await with { home in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 {
          group.addTask {
            let outcome = try await home.run(["context", "add", "c\(number)", away])
            #expect(outcome.status == 0, "\(outcome.errors)")
          }
        }
        try await group.waitForAll()
      }
      let names = try await home.run(["context", "list", "-o", "name"])
      #expect(
        names.output.split(separator: "\n").sorted() == ["a"] + (0..<8).map { "c\($0)" })
      #expect(home.mode(config) == 0o600)
    }
  }
}
