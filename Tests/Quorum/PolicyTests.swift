import FoundationEssentials
import Testing

@testable import Quorum

@Suite struct `A policy` {
  @Test(arguments: [
    (Policy(.majority), #"{"kind":"majority"}"#),
    (
      Policy(.majority, upCap: 1, minDomains: 2), #"{"kind":"majority","min_domains":2,"up_cap":1}"#
    ),
    (Policy(.nOfM(2)), #"{"kind":"n_of_m","n":2}"#),
    (Policy(.percent(60)), #"{"kind":"percent","percent":60}"#),
    (Policy(.all, upCap: 0), #"{"kind":"all","up_cap":0}"#),
    (Policy(.any), #"{"kind":"any"}"#),
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
    ] as [(Policy, Int?, String)])
  func `that can never decide is refused with the key and the reason`(
    _ policy: Policy, _ regions: Int?, _ key: String
  ) throws {
    let problem = try #require(policy.problem(regions: regions))
    #expect(problem.key == key)
    #expect(problem.description.contains(key))
  }

  @Test(arguments: [
    (Policy(.majority), 1), (Policy(.nOfM(3)), 3), (Policy(.percent(100)), 1), (Policy(.all), 10),
    (Policy(.any, upCap: 0, minDomains: 1), 1),
  ])
  func `that can decide is accepted`(_ policy: Policy, _ regions: Int) {
    #expect(policy.problem(regions: regions) == nil)
  }
}
