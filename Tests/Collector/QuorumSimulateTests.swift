import Glibc
import Testing

/// `upblit quorum simulate` as a person runs it: the real program, no collector.
@Suite struct `Simulating a quorum` {
  private func run(
    _ arguments: [String], interruptAfter: UInt32? = nil
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      ["quorum", "simulate"] + arguments, environment: ["HOME": "/nonexistent"],
      interruptAfter: interruptAfter)
  }

  /// Calls `body` with a scenario's file, and with a folder for what the program writes.
  private func withScenario(
    _ text: String, _ body: (_ scenario: String, _ folder: String) async throws -> Void
  ) async throws {
    var template = Array("/tmp/upblit-simulate-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let scenario = folder + "/scenario.json"
    defer {
      for name in ["scenario.json", "figures.json", "plot.svg", "trace.txt"] {
        unlink(folder + "/" + name)
      }
      rmdir(folder)
    }
    try write(text, to: scenario)
    try await body(scenario, folder)
  }

  private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(fputs(text, file) >= 0)
  }

  private func read(_ path: String) throws -> String {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test func `prints a table, and writes figures, a plot and a trace`() async throws {
    try await withScenario(#"{"targets": 2, "outages_per_year": 40, "partials_per_year": 10}"#) {
      scenario, folder in
      let outcome = try await run([
        "--scenario", scenario, "--agents", "3", "--target-years", "0.2", "--seed", "7",
        "--policies", "upblit,single", "--json", folder + "/figures.json", "--svg",
        folder + "/plot.svg", "--trace", folder + "/trace.txt",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("POLICY"))
      #expect(outcome.output.contains("0.2 target-years, 3 agents, seeds 7 to 7"))
      #expect(!outcome.output.contains("PARTIAL"))
      let figures = try read(folder + "/figures.json")
      #expect(figures.contains("\"partial\": false"))
      #expect(figures.contains("\"name\": \"upblit\""))
      #expect(figures.contains("\"name\": \"single\""))
      let plot = try read(folder + "/plot.svg")
      #expect(plot.hasPrefix("<svg ") && plot.contains(">single</text>"))
      #expect(try !read(folder + "/trace.txt").isEmpty)
    }
  }

  @Test func `gives the same figures for the same seed, however many worlds pass at once`()
    async throws
  {
    try await withScenario(#"{"targets": 1, "outages_per_year": 40}"#) { scenario, _ in
      var texts: [String] = []
      for jobs in ["1", "3"] {
        let outcome = try await run([
          "--scenario", scenario, "--agents", "2", "--target-years", "0.3", "--policies",
          "upblit,updown", "--json", "-", "--jobs", jobs,
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        // What a step costs is another number every time.
        texts.append(
          outcome.output.split(separator: "\n").filter { !$0.contains("\"step_us\"") }
            .joined(separator: "\n"))
      }
      #expect(texts[0] == texts[1])
      #expect(texts[0].contains("\"false_down_per_target_year\""))
    }
  }

  @Test func `stopped by Ctrl-C it gives what it has and says that this is partial`() async throws {
    try await withScenario(
      #"{"targets": 1, "agents": 2, "outages_per_year": 2, "partials_per_year": 0, "loss": 0, "stalls_per_year": 0}"#
    ) { scenario, folder in
      let outcome = try await run(
        [
          "--scenario", scenario, "--target-years", "1000000", "--policies", "upblit", "--json",
          folder + "/figures.json",
        ], interruptAfter: 6)
      #expect(outcome.status == 130)
      #expect(outcome.output.contains("PARTIAL: it was stopped when "))
      #expect(outcome.errors.contains("of 1000000 worlds had passed; the figures are partial"))
      // One line a world, and there may be thousands: only the beginning is read.
      let text = try read(folder + "/figures.json")
      #expect(text.contains("\"partial\": true"))
      #expect(text.contains("\"worlds_planned\": 1000000"))
    }
  }

  @Test(arguments: [
    (["--policies", "upblit,sinlge"], "there is no policy sinlge"),
    (["--scenario", "defualt"], "there is no scenario and no file defualt"),
    (["--agents", "11"], "--agents must be from 1 to 10"),
    (["--interval", "2s"], "--interval is 2s"),
    (["--target-years", "0"], "--target-years must be above 0"),
  ])
  func `says what is wrong with its arguments`(_ arguments: [String], _ words: String) async throws
  {
    let outcome = try await run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }
}
