import JSON

// A scenario's file is one JSON object with any of the fields below; what it leaves out is as in
// the scenario `default`, or in the one that its field `base` names.
extension Scenario {
  /// One number of the file: its name, where it stands, and what is allowed.
  struct Field: Sendable {
    let name: String
    let path: any WritableKeyPath<Scenario, Double> & Sendable
    let range: ClosedRange<Double>
    let isWhole: Bool

    init(
      _ name: String, _ path: any WritableKeyPath<Scenario, Double> & Sendable,
      _ range: ClosedRange<Double>, isWhole: Bool = false
    ) {
      self.name = name
      self.path = path
      self.range = range
      self.isWhole = isWhole
    }
  }

  static let fields: [Field] = [
    Field("agents", \.agents, 1...10, isWhole: true),
    Field("providers", \.providers, 0...10, isWhole: true),
    Field("interval_s", \.interval, 5...3_600, isWhole: true),
    Field("timeout_s", \.timeout, 1...60, isWhole: true),
    Field("loss", \.loss, 0...0.5),
    Field("targets", \.targets, 1...1_000, isWhole: true),
    Field("outages_per_year", \.outages, 0...10_000),
    Field("outage_short_share", \.outageShortShare, 0...1),
    Field("outage_short_least_s", \.outageShortLeast, 1...3_600),
    Field("outage_short_most_s", \.outageShortMost, 1...3_600),
    Field("outage_long_share", \.outageLongShare, 0...1),
    Field("outage_medium_median_s", \.outageMediumMedian, 1...86_400),
    Field("outage_long_median_s", \.outageLongMedian, 1...864_000),
    Field("black_hole_share", \.blackHoleShare, 0...1),
    Field("brownout_share", \.brownoutShare, 0...1),
    Field("brownout_failing", \.brownoutFailing, 0...1),
    Field("partials_per_year", \.partials, 0...10_000),
    Field("partial_short_share", \.partialShortShare, 0...1),
    Field("partial_long_share", \.partialLongShare, 0...1),
    Field("partial_medium_median_s", \.partialMediumMedian, 1...86_400),
    Field("partial_long_median_s", \.partialLongMedian, 1...864_000),
    Field("partial_attributable_share", \.partialAttributableShare, 0...1),
    Field("transits_per_year", \.transits, 0...10_000),
    Field("transit_median_s", \.transitMedian, 1...86_400),
    Field("transit_least_share", \.transitLeastShare, 0...1),
    Field("transit_most_share", \.transitMostShare, 0...1),
    Field("provider_faults_per_year", \.providerFaults, 0...10_000),
    Field("provider_median_s", \.providerMedian, 1...864_000),
    Field("provider_link_share", \.providerLinkShare, 0...1),
    Field("provider_canary_share", \.providerCanaryShare, 0...1),
    Field("network_faults_per_year", \.networkFaults, 0...10_000),
    Field("network_median_s", \.networkMedian, 1...86_400),
    Field("resolver_share", \.resolverShare, 0...1),
    Field("egress_share", \.egressShare, 0...1),
    Field("stalls_per_year", \.stalls, 0...100_000),
    Field("stall_median_s", \.stallMedian, 1...3_600),
    Field("partitions_per_year", \.partitions, 0...10_000),
    Field("partition_median_s", \.partitionMedian, 1...864_000),
    Field("restarts_per_year", \.restarts, 0...10_000),
    Field("restart_down_s", \.restartDown, 1...3_600),
    Field("restart_burst", \.restartBurst, 1...100, isWhole: true),
    Field("clock_steps_per_year", \.clockSteps, 0...10_000),
    Field("silent_agents", \.silentAgents, 0...10, isWhole: true),
    Field("resolver_dead_agents", \.resolverDeadAgents, 0...10, isWhole: true),
    Field("collector_faults_per_year", \.collectorFaults, 0...10_000),
    Field("collector_median_s", \.collectorMedian, 1...864_000),
    Field("content_network_outages_per_year", \.contentNetworkOutages, 0...1_000),
    Field("content_network_share", \.contentNetworkShare, 0...1),
    Field("content_network_median_s", \.contentNetworkMedian, 1...864_000),
    Field("flapping_hours_per_year", \.flappingHours, 0...1_000),
    Field("edits_per_year", \.edits, 0...10_000),
    Field("edit_in_round", \.editInRound, 0...1),
    Field("late_results", \.lateResults, 0...1_000, isWhole: true),
    Field("rate_limit_per_10_s", \.rateLimit, 0...1_000, isWhole: true),
  ]

  /// Reads a scenario's file.
  ///
  /// - Throws: what is wrong with it, in one sentence.
  public init(parsing text: String, name: String) throws(ScenarioError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text)
    } catch {
      throw ScenarioError("it is not JSON: \(error)")
    }
    var reader = ObjectReader(value)
    var scenario = Scenario()
    if let base = reader.string("base", bytes: 1...64) {
      if let known = Self.named(base) {
        scenario = known
      } else {
        reader.note(reader.child("base"), "must be one of \(Self.names)")
      }
    }
    scenario.name = reader.string("name", bytes: 1...64) ?? name
    scenario.summary = reader.string("summary", bytes: 1...400) ?? scenario.summary
    scenario.canaries = reader.bool("canaries") ?? scenario.canaries
    for field in Self.fields {
      guard let given = reader.value(field.name) else { continue }
      guard let number = Self.number(given) else {
        reader.note(reader.child(field.name), "must be a number, not \(given.kindName)")
        continue
      }
      guard field.range.contains(number), !field.isWhole || number == number.rounded() else {
        reader.note(
          reader.child(field.name),
          "is \(Self.text(number)); it must be \(field.isWhole ? "a whole number " : "")from "
            + "\(Self.text(field.range.lowerBound)) to \(Self.text(field.range.upperBound))")
        continue
      }
      scenario[keyPath: field.path] = number
    }
    do {
      try reader.finish()
    } catch {
      throw ScenarioError(error.description)
    }
    if let problem = scenario.problem { throw ScenarioError(problem) }
    self = scenario
  }

  /// All fields, as a file would have them.
  public var json: JSONValue {
    var object = JSONObject()
    object["name"] = .string(name)
    object["summary"] = .string(summary)
    object["canaries"] = .bool(canaries)
    for field in Self.fields { object[field.name] = .short(self[keyPath: field.path]) }
    return .object(object)
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let number): Double(number)
    case .number(let number): number
    case .null, .bool, .string, .array, .object: nil
    }
  }

  private static func text(_ number: Double) -> String { JSONValue.short(number).text }
}

/// Why a scenario cannot be run, in one sentence.
public struct ScenarioError: Error, Hashable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

extension JSONValue {
  /// A number without a needless fraction.
  static func short(_ number: Double) -> JSONValue {
    Int64(exactly: number).map { .integer($0) } ?? .number(number)
  }
}
