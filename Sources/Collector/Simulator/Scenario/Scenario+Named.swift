// The scenarios that are shipped: the default, and situations made to hurt.
extension Scenario {
  /// The names of the shipped scenarios, as a list for people.
  public static var names: String { shipped.map(\.name).joined(separator: ", ") }

  /// The shipped scenario of this name.
  public static func named(_ name: String) -> Scenario? { shipped.first { $0.name == name } }

  public static let shipped: [Scenario] = [
    Scenario(),
    made("content-network", "Outages that hit 30 % of the targets of all agents at once.") {
      $0.contentNetworkOutages = 24
    },
    made("restart-storm", "Every agent restarts 20 times in a row, twice a month.") {
      $0.restarts = 24
      $0.restartBurst = 20
    },
    made("edits", "Monitors are edited daily, and while every tenth round is being answered.") {
      $0.edits = 365
      $0.editInRound = 0.1
    },
    made("two-of-three-silent", "Two of three regions are not heard for three fifths of the time.")
    {
      $0.agents = 3
      $0.silentAgents = 2
    },
    made("clock-steps", "Agents' wall clocks step by up to an hour, five times a week.") {
      $0.clockSteps = 260
    },
    made("resolver-dead", "One region's resolver is dead for three fifths of the time.") {
      $0.resolverDeadAgents = 1
    },
    made("provider-outage", "Every provider fails twice a month.") {
      $0.providerFaults = 24
    },
    made("flapping", "Targets fail and recover every few tens of seconds for two hours a month.") {
      $0.flappingHours = 24
    },
    made("late-batches", "Agents are cut off 60 times a year; each backlog brings old failures.") {
      $0.partitions = 60
      $0.partitionMedian = 1_800
      $0.lateResults = 150
    },
    made("rate-limited", "Targets answer the fourth probe within 10 s with status 429.") {
      $0.rateLimit = 3
    },
  ]

  private static func made(
    _ name: String, _ summary: String, _ change: (inout Scenario) -> Void
  ) -> Scenario {
    var scenario = Scenario()
    scenario.name = name
    scenario.summary = summary
    change(&scenario)
    return scenario
  }
}
