/// A world's parameters: who looks at how many targets how often, and what goes wrong how often.
///
/// Rates are per year of the thing that fails; medians and lengths are in seconds; shares and
/// probabilities lie between 0 and 1. The values below are the scenario `default`; where they come
/// from is said in the README.
public struct Scenario: Hashable, Sendable {
  public var name = "default"
  /// What makes it worth running, in one sentence.
  public var summary = "The parameters that the published figures stand on."

  /// Agents, each in a region of its own.
  public var agents = 5.0
  /// Providers among which the agents are dealt in turn; 0 takes four for five agents, and always
  /// one or more fewer than agents from five on.
  public var providers = 0.0
  public var interval = 60.0
  public var timeout = 10.0
  /// The probability that a probe fails for no lasting reason.
  public var loss = 0.002
  /// Targets that share agents and their faults.
  public var targets = 20.0
  /// Whether agents have canaries to ask.
  public var canaries = true

  // A target that fails for everyone.
  public var outages = 20.0
  public var outageShortShare = 0.35
  public var outageShortLeast = 20.0
  public var outageShortMost = 90.0
  public var outageLongShare = 0.2
  public var outageMediumMedian = 360.0
  public var outageLongMedian = 2_700.0
  public var blackHoleShare = 0.5
  public var brownoutShare = 0.1
  public var brownoutFailing = 0.5

  // A target that fails for one region.
  public var partials = 20.0
  public var partialShortShare = 0.45
  public var partialLongShare = 0.07
  public var partialMediumMedian = 300.0
  public var partialLongMedian = 20_000.0
  public var partialAttributableShare = 0.3

  // Two agents that cannot reach some of the targets.
  public var transits = 6.0
  public var transitMedian = 600.0
  public var transitLeastShare = 0.1
  public var transitMostShare = 0.3

  // A provider whose agents see nothing, or little.
  public var providerFaults = 2.4
  public var providerMedian = 2_400.0
  /// The share that also cuts the agents off the collector.
  public var providerLinkShare = 0.5
  /// The share that the canaries notice; the others hit the way to the targets alone.
  public var providerCanaryShare = 0.7

  // An agent's own troubles.
  public var networkFaults = 24.0
  public var networkMedian = 180.0
  /// Of these the share that is the resolver's, and the share that leaves the link to the collector
  /// standing; the rest cuts the agent off altogether.
  public var resolverShare = 0.4
  public var egressShare = 0.3
  public var stalls = 50.0
  public var stallMedian = 8.0
  public var partitions = 12.0
  public var partitionMedian = 120.0
  public var restarts = 0.0
  public var restartDown = 5.0
  /// How many restarts follow each other.
  public var restartBurst = 1.0
  public var clockSteps = 0.0
  /// Agents that are not heard for three fifths of the time.
  public var silentAgents = 0.0
  /// Agents whose resolver is dead for three fifths of the time.
  public var resolverDeadAgents = 0.0

  // The collector cannot be reached by anyone.
  public var collectorFaults = 4.0
  public var collectorMedian = 120.0

  // What is set up to hurt.
  /// Outages that hit `contentNetworkShare` of the targets at once.
  public var contentNetworkOutages = 0.0
  public var contentNetworkShare = 0.3
  public var contentNetworkMedian = 900.0
  /// Hours in which a target fails and recovers every few tens of seconds.
  public var flappingHours = 0.0
  /// Edits of a monitor that make history of its votes.
  public var edits = 0.0
  /// The probability that a round, once asked, is overtaken by an edit.
  public var editInRound = 0.0
  /// Failures older than the freshness window that arrive with each backlog, for each target.
  public var lateResults = 0.0
  /// Probes of one target that it answers within 10 s; more get status 429. 0 is no limit.
  public var rateLimit = 0.0

  public init() {}

  /// How many providers there are.
  var providerCount: Int {
    let agents = Int(agents)
    let wished = Int(providers)
    return wished > 0 ? min(wished, agents) : agents < 5 ? agents : agents * 4 / 5
  }

  var intervalMs: Int64 { Int64(interval * 1_000) }
  var timeoutMs: Int64 { Int64(timeout * 1_000) }

  /// What keeps it from being run; `nil` if nothing does.
  public var problem: String? {
    if timeout > interval { return "timeout_s is \(timeout); it must not exceed interval_s" }
    if outageShortShare + outageLongShare > 1 {
      return "outage_short_share and outage_long_share are more than 1 together"
    }
    if partialShortShare + partialLongShare > 1 {
      return "partial_short_share and partial_long_share are more than 1 together"
    }
    if resolverShare + egressShare > 1 {
      return "resolver_share and egress_share are more than 1 together"
    }
    if outageShortLeast > outageShortMost {
      return "outage_short_least_s is more than outage_short_most_s"
    }
    if transitLeastShare > transitMostShare {
      return "transit_least_share is more than transit_most_share"
    }
    if Int(providers) > Int(agents) { return "there are more providers than agents" }
    if silentAgents > agents || resolverDeadAgents > agents {
      return "more agents are said to be faulty than there are"
    }
    return nil
  }
}
