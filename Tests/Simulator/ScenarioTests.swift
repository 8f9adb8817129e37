import JSON
import Testing

@testable import Simulator

@Suite struct `A scenario` {
  @Test func `is written as it is read`() throws {
    for scenario in Scenario.shipped {
      let again = try Scenario(parsing: scenario.json.text, name: "file")
      #expect(again == scenario)
    }
  }

  @Test func `takes what it leaves out from its base`() throws {
    let scenario = try Scenario(
      parsing: #"{"base": "two-of-three-silent", "loss": 0.01}"#, name: "mine")
    #expect(scenario.name == "mine")
    #expect(scenario.agents == 3 && scenario.silentAgents == 2 && scenario.loss == 0.01)
  }

  @Test(arguments: [
    ("{", "it is not JSON: byte 1"),
    ("[]", "must be an object, not an array"),
    (#"{"lost": 1}"#, "/lost: is not a field of this object"),
    (#"{"loss": 2}"#, "/loss: is 2; it must be from 0 to 0.5"),
    (#"{"loss": "much"}"#, "/loss: must be a number, not a string"),
    (#"{"agents": 2.5}"#, "/agents: is 2.5; it must be a whole number from 1 to 10"),
    (#"{"agents": 11}"#, "/agents: is 11; it must be a whole number from 1 to 10"),
    (#"{"base": "calm"}"#, "/base: must be one of default, content-network"),
    (#"{"timeout_s": 60, "interval_s": 30}"#, "timeout_s is 60.0; it must not exceed interval_s"),
    (
      #"{"outage_short_share": 0.7, "outage_long_share": 0.7}"#,
      "outage_short_share and outage_long_share are more than 1 together"
    ),
    (#"{"agents": 2, "silent_agents": 3}"#, "more agents are said to be faulty than there are"),
  ])
  func `that is wrong is refused with the reason`(text: String, reason: String) {
    let error = #expect(throws: ScenarioError.self) {
      try Scenario(parsing: text, name: "file")
    }
    #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "none")")
  }

  @Test func `has a name of its own and can be run`() {
    #expect(Set(Scenario.shipped.map(\.name)).count == 11)
    for scenario in Scenario.shipped { #expect(scenario.problem == nil) }
    #expect(Scenario.named("flapping")?.flappingHours == 24)
    #expect(Scenario.named("calm") == nil)
  }
}
