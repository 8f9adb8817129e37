import FoundationEssentials
import Testing

@testable import Quorum

private func urgencies(_ choices: [String: Urgency]) -> Urgencies {
  var urgencies = Urgencies.standard
  for (key, urgency) in choices { urgencies[key] = urgency }
  return urgencies
}

@Suite struct `A policy` {
  @Test(arguments: [
    (Verdict.up, Urgency.none), (.degraded, .none), (.regional, .notify), (.partial, .page),
    (.down, .page), (.unknown, .admins),
  ])
  func `s severities are those of the table unless it chooses others`(
    _ verdict: Verdict, _ urgency: Urgency
  ) {
    #expect(Policy.standard.urgencies[verdict] == urgency)
    var others = Urgencies.standard
    for key in Urgencies.keys { others[key] = .notify }
    // What no policy can choose stays as it is.
    let fixed: [Verdict] = [.up, .unknown]
    #expect(others[verdict] == (fixed.contains(verdict) ? urgency : .notify))
  }

  @Test(arguments: [
    (Policy(.majority), #"{"kind":"majority"}"#),
    (
      Policy(.majority, upCap: 1, minDomains: 2), #"{"kind":"majority","min_domains":2,"up_cap":1}"#
    ),
    (Policy(.nOfM(2)), #"{"kind":"n_of_m","n":2}"#),
    (Policy(.percent(60)), #"{"kind":"percent","percent":60}"#),
    (Policy(.all, upCap: 0), #"{"kind":"all","up_cap":0}"#),
    (Policy(.any), #"{"kind":"any"}"#),
    (
      Policy(.weighted(["eu": 3, "us": 0]), upCap: 1),
      #"{"kind":"weighted","up_cap":1,"weights":{"eu":3,"us":0}}"#
    ),
    (
      Policy(.majority, mustFail: ["us", "eu"], ignored: ["cn"]),
      #"{"ignore":["cn"],"kind":"majority","must_fail":["us","eu"]}"#
    ),
    (
      Policy(.any, urgencies: urgencies(["down": .notify, "degraded": .page])),
      #"{"kind":"any","severity":{"degraded":"page","down":"notify"}}"#
    ),
    (Policy(.any, urgencies: urgencies(["down": .page])), #"{"kind":"any"}"#),
  ])
  func `has a JSON form`(_ policy: Policy, _ json: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(String(decoding: try encoder.encode(policy), as: UTF8.self) == json)
    #expect(try JSONDecoder().decode(Policy.self, from: Data(json.utf8)) == policy)
  }

  @Test(arguments: [
    (#"{"kind":"most"}"#, "kind is \"most\""),
    (#"{"kind":"all","n":2}"#, "no key \"n\""),
    (#"{"kind":"majority","upcap":2}"#, "no key \"upcap\""),
    (#"{"kind":"majority","weights":{}}"#, "no key \"weights\""),
    (#"{"kind":"any","severity":{"up":"page"}}"#, "severity is page"),
    (#"{"kind":"any","severity":{"down":"admins"}}"#, "severity is page"),
  ])
  func `refuses what it does not know`(_ json: String, _ words: String) {
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Policy.self, from: Data(json.utf8))
    }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(context.debugDescription.contains(words))
  }

  @Test(
    arguments: [
      (Policy(.nOfM(0)), 3, "n"), (Policy(.nOfM(4)), 3, "n"), (Policy(.nOfM(11)), nil, "n"),
      (Policy(.percent(0)), 3, "percent"), (Policy(.percent(101)), 3, "percent"),
      (Policy(.majority, upCap: -1), 3, "up_cap"), (Policy(.majority, upCap: 10), 3, "up_cap"),
      (Policy(.any, minDomains: 0), 3, "min_domains"),
      (Policy(.any, minDomains: 4), 3, "min_domains"),
      (Policy(.weighted(["r0": 0, "r1": 0, "r2": 0])), 3, "weights"),
      (Policy(.weighted(["r0": 0, "r1": 0]), ignored: ["r2"]), 3, "weights"),
      (Policy(.weighted(["r0": -1])), nil, "weights"),
      (Policy(.weighted(["r0": 1_001])), nil, "weights"),
      (Policy(.weighted(["x": 1])), 3, "weights"),
      (Policy(.majority, mustFail: ["x"]), 3, "must_fail"),
      (Policy(.majority, mustFail: ["r0", "r0"]), nil, "must_fail"),
      (Policy(.majority, mustFail: ["r0"], ignored: ["r0"]), 3, "must_fail"),
      (Policy(.majority, ignored: ["x"]), 3, "ignore"),
      (Policy(.majority, ignored: ["r0", "r1", "r2"]), 3, "ignore"),
      (Policy(.nOfM(3), ignored: ["r0"]), 3, "n"),
      (Policy(.majority, minDomains: 3, ignored: ["r0"]), 3, "min_domains"),
    ] as [(Policy, Int?, String)])
  func `that can never decide is refused with the key and the reason`(
    _ policy: Policy, _ regions: Int?, _ key: String
  ) throws {
    let names = regions.map { count in (0..<count).map { "r\($0)" } }
    let problem = try #require(policy.problem(regions: names))
    #expect(problem.key == key)
    #expect(problem.description.contains(key))
  }

  @Test(arguments: [
    (Policy(.majority), 1), (Policy(.nOfM(3)), 3), (Policy(.percent(100)), 1), (Policy(.all), 10),
    (Policy(.any, upCap: 0, minDomains: 1), 1), (Policy(.weighted(["r0": 0, "r1": 5])), 2),
    (Policy(.weighted(["r0": 0])), 2), (Policy(.majority, mustFail: ["r0"], ignored: ["r1"]), 3),
    (Policy(.nOfM(2), ignored: ["r1"]), 3),
  ])
  func `that can decide is accepted`(_ policy: Policy, _ regions: Int) {
    #expect(policy.problem(regions: (0..<regions).map { "r\($0)" }) == nil)
    #expect(policy.problem(regions: nil) == nil)
  }
}
