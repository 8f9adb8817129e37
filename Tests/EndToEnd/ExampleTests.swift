import TestSupport
import Testing

/// The example settings of `deploy/examples`, read by the programs that they are for.
@Suite(.serialized, .enabled(if: Program.areWanted), .timeLimit(.minutes(5)))
struct `Example settings` {
  private static let folder =
    #filePath.dropLast("Tests/EndToEnd/ExampleTests.swift".count) + "deploy/examples"

  @Test func `the collector's and the agent's pass their own checks`() throws {
    let network = try Network()
    defer { network.end() }
    try network.addAgent("one", region: "eu", provider: "alpha")
    let collector = try Program(
      "upblit-collector", ["check-config", "--config", "\(Self.folder)/collector.conf"],
      log: "\(network.folder)/check-collector.log",
      environment: [
        "UPBLIT_DATABASE": network.database.conninfo,
        "UPBLIT_KEY_FILE": "\(network.folder)/master.key",
      ])
    #expect(collector.wait() == 0, "\(collector.output)")
    let agent = try Program(
      "upblit-agent",
      [
        "check-config", "--config", "\(Self.folder)/agent.conf", "--state-folder",
        "\(network.folder)/one",
      ], log: "\(network.folder)/check-agent.log")
    #expect(agent.wait() == 0, "\(agent.output)")
  }
}
