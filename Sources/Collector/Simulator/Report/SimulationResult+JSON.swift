import JSON

// The JSON that `upblit quorum simulate` writes. The names are held steady:
//
//   {"policies": [{"name": "upblit", "false_down_per_target_year": 0, ...}, ...],
//    "run": {...}, "seeds": [...]}
//
// Times are in seconds, rates per target and year, `missed_...` and `extra_probes` shares of 1. A
// time is null where nothing was there to be measured.
extension SimulationResult {
  public var json: JSONValue {
    var run = JSONObject()
    run["scenario"] = plan.scenario.json
    run["target_years"] = rounded(policies.first?.targetYears ?? 0)
    run["first_seed"] = .integer(Int64(clamping: plan.seed))
    run["worlds"] = .integer(Int64(worlds.count))
    run["worlds_planned"] = .integer(Int64(plan.worlds))
    run["partial"] = .bool(isPartial)
    run["full_stepping"] = .bool(plan.fullStepping)
    if let step = stepMicroseconds { run["step_us"] = rounded(step) }
    return [
      "policies": .array(policies.map(\.json)),
      "run": .object(run),
      "seeds": .array(worlds.map(json)),
    ]
  }

  /// What each policy did under one seed.
  private func json(_ world: WorldResult) -> JSONValue {
    var object = JSONObject()
    object["seed"] = .integer(Int64(clamping: world.seed))
    var counts = JSONObject()
    for (index, score) in world.scores.enumerated() {
      counts[plan.policies[index]] = [
        "false_down": .integer(Int64(score.falseDown)),
        "missed": .integer(Int64(score.missed60 + score.missed30)),
        "false_regional": .integer(Int64(score.falseRegional)),
      ]
    }
    object["policies"] = .object(counts)
    return .object(object)
  }
}

extension PolicyFigures {
  public var json: JSONValue {
    var object = JSONObject()
    object["name"] = .string(name)
    object["target_years"] = rounded(targetYears)
    object["false_down_per_target_year"] = rounded(falseDown)
    object["false_down_upper95"] = rounded(falseDownUpper95)
    object["missed_60s"] = rounded(missed60)
    object["missed_30_60s"] = rounded(missed30to60)
    object["detect_p50_s"] = rounded(detect(0.5))
    object["detect_p95_s"] = rounded(detect(0.95))
    object["detect_answered_p50_s"] = rounded(detectAnswered(0.5))
    object["detect_answered_p95_s"] = rounded(detectAnswered(0.95))
    object["detect_black_hole_p50_s"] = rounded(detectBlackHole(0.5))
    object["detect_black_hole_p95_s"] = rounded(detectBlackHole(0.95))
    object["recover_p50_s"] = rounded(recover(0.5))
    object["recover_p95_s"] = rounded(recover(0.95))
    object["pages_per_outage"] = rounded(pagesPerOutage)
    object["false_regional_per_target_year"] = rounded(falseRegional)
    object["false_partial_per_target_year"] = rounded(falsePartial)
    object["missed_regional_5m"] = rounded(missedRegional)
    object["detect_regional_p50_s"] = rounded(detectRegional(0.5))
    object["missed_brownouts"] = rounded(missedBrownouts)
    object["extra_probes"] = rounded(extraProbes)
    object["counts"] = [
      "false_down": .integer(Int64(score.falseDown)),
      "false_down_in_agent_provider_or_collector_faults": .integer(
        Int64(score.falseDownInFaults)),
      "false_regional": .integer(Int64(score.falseRegional)),
      "false_partial": .integer(Int64(score.falsePartial)),
      "outages_60s": .integer(Int64(score.outages60)),
      "missed_60s": .integer(Int64(score.missed60)),
      "outages_30_60s": .integer(Int64(score.outages30)),
      "missed_30_60s": .integer(Int64(score.missed30)),
      "brownouts": .integer(Int64(score.brownouts)),
      "missed_brownouts": .integer(Int64(score.missedBrownouts)),
      "flaps": .integer(Int64(score.flaps)),
      "flap_pages": .integer(Int64(score.flapPages)),
      "pages": .integer(Int64(score.pages)),
      "outages_paged": .integer(Int64(score.pagedOutages)),
      "regional_5m": .integer(Int64(score.partials5m)),
      "missed_regional_5m": .integer(Int64(score.missedPartials5m)),
      "scheduled_probes": .integer(score.scheduledProbes),
      "asked_probes": .integer(score.askedProbes),
      "late_results": .integer(score.lateResults),
      "steps": .integer(score.steps),
    ]
    return .object(object)
  }
}

/// A number to six decimal places, so that what is printed does not feign more.
private func rounded(_ number: Double?) -> JSONValue {
  guard let number, number.isFinite else { return .null }
  return .short((number * 1_000_000).rounded() / 1_000_000)
}
