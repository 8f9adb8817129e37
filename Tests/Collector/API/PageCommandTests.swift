import JSON
import Testing

/// `upblit page`.
struct PageCommandTests {
  @Test func `the page is shown, named, ordered and closed`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      func run(_ arguments: String...) async throws -> CommandLineProgram.Outcome {
        try await CommandLineProgram.run(
          ["page"] + arguments,
          environment: [
            "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
            "HOME": "/nonexistent",
          ])
      }
      let none = try await run("get")
      #expect(none.status == 5, "\(none.errors)")
      for name in ["shop", "docs", "lab"] {
        _ = try await api.makeMonitor(key: key, name: name)
      }
      let first = try await run("get")
      #expect(first.status == 0 && first.output.contains("/status/acme"), "\(first.errors)")
      let renamed = try await run("edit", "--title", "Acme <b>", "--slug", "acme-2")
      #expect(renamed.output.contains("/status/acme-2") && renamed.output.contains("Acme <b>"))
      let placed = try await run(
        "component", "lab", "--name", "Laboratory", "--group", "Inner", "--place", "1")
      #expect(placed.output.contains("Laboratory (lab), in Inner"), "\(placed.errors)")
      let hidden = try await run("component", "docs", "--hide", "--place", "99")
      #expect(hidden.status == 0, "\(hidden.errors)")
      func components() async throws -> [JSONValue] {
        try await api.send("GET", "/api/v1/status-page", key: key).json["components"]?.elements
          ?? []
      }
      let all = try await components()
      #expect(all.map { $0["monitor"]?["name"] } == ["lab", "shop", "docs"])
      #expect(all.map { $0["hidden"] } == [false, false, true])
      // What is not named stays.
      #expect(all[0]["name"] == "Laboratory" && all[0]["group"] == "Inner")
      let plain = try await run("component", "lab", "--name", "", "--group", "")
      #expect(plain.output.contains("lab\n") && !plain.output.contains("Laboratory"))
      #expect(try await run("component", "docs", "--show").status == 0)
      let shown = try await components()
      #expect(shown.allSatisfy { $0["hidden"] == false && $0["name"]?.isNull == true })
      let closed = try await run("edit", "--close")
      #expect(closed.output.firstMatch(of: /shown +no/) != nil, "\(closed.output)")
      #expect(try await run("edit").status == 64)
      #expect(try await run("edit", "--close", "--publish").status == 64)
      #expect(try await run("component", "lab").status == 64)
      #expect(try await run("component", "lab", "--place", "0").status == 64)
      #expect(try await run("component", "nothing", "--hide").status == 5)
      let slug = try await run("edit", "--slug", "Not A Slug")
      #expect(slug.status == 1 && slug.errors.contains("slug"), "\(slug.errors)")
    }
  }
}
