import JSON
import Sending
import TestSupport
import Testing

@testable import API

/// What `upblit channel` and `upblit route` can say of lists.
struct ChannelCommandTests {
  private static func run(
    _ api: TestAPI, _ key: String, _ arguments: [String], input: String = ""
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      arguments,
      environment: [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
        "HOME": "/nonexistent",
      ], input: input)
  }

  @Test
  func `a list of secrets comes from a file's lines or from standard input, and is not shown`()
    async throws
  {
    let receiver = try ScriptedServer(answering: { _ in .init(body: "ok") })
    defer { receiver.stop() }
    try await TestAPI.with(configure: {
      $0.sender.receivers = ReceiverGuard(allowsPrivate: true)
    }) { api in
      let key = try api.key()
      func run(
        _ arguments: String..., input: String = ""
      ) async throws
        -> CommandLineProgram.Outcome
      {
        let outcome = try await Self.run(api, key, ["channel"] + arguments, input: input)
        for text in [outcome.output, outcome.errors] { #expect(!text.contains("hush"), "\(text)") }
        return outcome
      }
      let open = try await run(
        "create", "open", "apprise", "--set", "url=\(receiver.address)", "--set",
        "urls=gotify://a/b")
      #expect(open.status == 64)
      #expect(open.errors == "upblit: urls is a secret: give it by --secret urls=FILE, or =-\n")

      let lines = "gotify://one.internal/hush\r\n\r\n  \n  gotify://two.internal/hush?a=1,2 \n"
      let urls = ["gotify://one.internal/hush", "gotify://two.internal/hush?a=1,2"]
      let file = try TemporaryFile(Array(lines.utf8), name: "urls")
      for (name, source, input) in [("filed", file.path, ""), ("piped", "-", lines)] {
        let made = try await run(
          "create", name, "apprise", "--set", "url=\(receiver.address)/\(name)", "--secret",
          "urls=\(source)", input: input)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains(/urls +\(set, not shown\)\n/), "\(made.output)")
        let told = try await run("get", name, "-o", "json")
        #expect(try JSONValue(parsing: told.output)["secrets"] == ["urls"], "\(told.output)")
        #expect(try await run("test", name).status == 0)
        let heard = receiver.requests.filter { $0.line == "POST /\(name)/notify" }
        #expect(heard.count == 2)
        for request in heard {
          #expect(try JSONValue(parsing: request.body)["urls"] == .strings(urls))
        }
      }

      // Several files are one list, and a new list takes the old one's place.
      let changed = try await run(
        "edit", "filed", "--secret", "urls=-", "--secret", "urls=\(file.path)",
        input: "gotify://zero.internal/hush")
      #expect(changed.status == 0, "\(changed.errors)")
      #expect(try await run("test", "filed").status == 0)
      let last = try #require(receiver.requests.last)
      #expect(
        try JSONValue(parsing: last.body)["urls"]
          == .strings(["gotify://zero.internal/hush"] + urls))
      let none = try await run("edit", "filed", "--secret", "urls=-", input: "\n \n")
      #expect(none.status == 1 && none.errors.contains("required"), "\(none.errors)")
    }
  }

  @Test func `what a route is about can be taken away from it`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      _ = try await api.makeMonitor(key: key, name: "web")
      func run(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
        try await Self.run(api, key, ["route"] + arguments)
      }
      func edit(_ arguments: String...) async throws -> JSONValue {
        let outcome = try await Self.run(
          api, key, ["route", "edit", "night"] + arguments + ["-o", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONValue(parsing: outcome.output)
      }
      let made = try await run(
        "create", "night", "--tag", "shop", "--tag", "eu", "--monitor", "web", "--verdict", "down")
      #expect(made.status == 0, "\(made.errors)")

      for (empties, counterpart, value) in [
        ("--no-tags", "--tag", "shop"), ("--no-monitors", "--monitor", "web"),
        ("--no-verdicts", "--verdict", "down"),
      ] {
        let both = try await run("edit", "night", empties, counterpart, value)
        #expect(both.status == 64)
        #expect(
          both.errors.contains("\(empties) and \(counterpart) exclude each other."),
          "\(both.errors)")
      }

      let untagged = try await edit("--no-tags")
      #expect(untagged["tags"] == [] && untagged["verdicts"] == ["down"])
      #expect(untagged["monitors"]?.elements.count == 1)
      let tagged = try await edit("--no-monitors", "--tag", "eu")
      #expect(tagged["monitors"] == [] && tagged["tags"] == ["eu"])
      #expect(tagged["verdicts"] == ["down"])
      let all = try await run("edit", "night", "--no-tags", "--no-verdicts")
      #expect(all.output.contains(/monitors +all\n/), "\(all.output)\(all.errors)")
      #expect(all.output.contains(/verdicts +all\n/), "\(all.output)")
    }
  }
}
