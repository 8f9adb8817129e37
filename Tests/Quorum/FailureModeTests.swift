import Model
import Testing

@testable import Quorum

/// The ways in which such decisions go wrong elsewhere, one table a way: what observers do to a
/// verdict. What time and change do to it stands in `FailureModeTests+Change.swift`.
@Suite struct `Where others go wrong` {
  typealias Ending = Script.Ending

  // A whole area between the agents and the target fails.
  @Test(arguments: [
    // Of up to four voters none may be up, of five to nine one, of ten two.
    ("dd", Verdict.down), ("du", .regional), ("ddd", .down), ("ddu", .partial), ("dddd", .down),
    ("dddu", .partial), ("ddddd", .down), ("ddddu", .down), ("ddduu", .partial),
    ("dddddddddd", .down), ("dddddddduu", .down), ("ddddddduuu", .partial),
    ("hhhhu", .down), ("hhhuu", .partial), ("hhu", .partial),
  ])
  func `a fault of an area that leaves a fifth of the voters is none of the target`(
    _ word: String, _ verdict: Verdict
  ) {
    #expect(Script.episode([word]).verdict == verdict)
  }

  // An agent's own network or resolver is broken.
  @Test(arguments: [
    // What each region finds, who is not trusted, and what is said. Distrusted black holes are
    // neither yes nor no;
    ("huuuu", "a", Verdict.up), ("hhhuu", "abc", .up), ("hhhhh", "ab", .down), ("hhh", "c", .down),
    ("hhh", "bc", .up), ("hhh", "abc", .up), ("hh", "b", .up),
    // what the target itself answers counts from anybody;
    ("ddddd", "abcde", .down), ("duuuu", "a", .regional), ("ddh", "c", .down),
    // and so does every up.
    ("hhu", "c", .partial), ("hhhhu", "e", .down), ("hhhuu", "de", .partial),
  ])
  func `an agent whose own network fails is not believed`(
    _ word: String, _ distrusted: String, _ verdict: Verdict
  ) {
    var script = Script(word)
    let names = Set(distrusted.map { String($0) })
    script.world.trusts = { region, _ in
      names.contains(region) ? .distrusted(reason: "canaries") : .trusted
    }
    script.reply(.confirm, [word])
    // Everybody's schedule finds the same, one after the other.
    for (index, letter) in word.enumerated() {
      script.find(String(UnicodeScalar(UInt8(97 + index))), Script.finding(letter))
    }
    script.world.run(until: script.world.now + 60_000)
    let worst = script.world.said.filter { $0 != .unknown }
    #expect(worst.last == verdict, "\(script.world.said)")
  }

  // A batch comes late after a partition.
  @Test(
    arguments: [
      // How long ago it was found (ms), whether the monitor is down, what was found; whether that is
      // a vote, and what is asked.
      (75_000, false, VoteKind.attributable, true, .confirm),
      (75_000, false, .ambiguous, true, .confirm), (75_000, true, .up, true, .recovery),
      // It outruns what its agent last said, and no more: that one is asked anew, or everybody, who
      // are asked about an outage together.
      (75_001, false, .attributable, false, .introduce),
      (75_001, false, .ambiguous, false, .introduce), (75_001, true, .up, false, .recovery),
      (3_600_000, false, .attributable, false, .introduce),
      (86_400_000, true, .up, false, .recovery),
    ] as [(Int64, Bool, VoteKind, Bool, Ask.Purpose)])
  func `what is older than the freshness limit is history`(
    _ age: Int64, _ isDown: Bool, _ kind: VoteKind, _ votes: Bool, _ purpose: Ask.Purpose
  ) {
    var rig = isDown ? Rig.down() : Rig.up()
    // So long ago was the last word that even what is old by now is younger.
    rig.wait(age)
    let asked = rig.asks.count
    let said = rig.said
    rig.find(0, kind, agoMs: age)
    #expect(rig.state.votes.contains { $0.observation.kind == kind } == votes)
    #expect(rig.isSuspect == (votes && !isDown))
    #expect(rig.asks.dropFirst(asked).map(\.purpose) == [purpose])
    #expect(rig.said == said)
    // What is no vote is none to its round either.
    let id = rig.rounds.last?.id
    for index in 0..<3 { rig.find(index, kind, agoMs: 75_001, answers: id) }
    #expect(rig.said == said)
  }

  // Clocks are wrong.
  @Test(
    arguments: [
      // How far the agents' clocks are off, ms.
      [0, 0, 0], [-315_000_000_000, 3_600_000, 0], [3_600_000, 3_600_000, 3_600_000],
      [-3_600_000, -3_600_000, -3_600_000], [315_000_000_000, -1, 1],
    ] as [[Int64]])
  func `clocks that are off change nothing but what people read`(_ clocks: [Int64]) throws {
    for kind in [VoteKind.attributable, .up] {
      var rig = Rig()
      for (index, clock) in clocks.enumerated() { rig.posts[index].clockMs = clock }
      rig.step(.configured(rig.settings))
      rig.findAll(.up)
      rig.find(0, .attributable)
      rig.answer(kind == .up ? "uuu" : "ddd")
      #expect(rig.said == (kind == .up ? [.up] : [.up, .down]))
      // Old is old by the agent's own clock.
      let asked = rig.asks.count
      for index in 0..<3 { rig.find(index, .attributable, agoMs: 75_001) }
      #expect(rig.asks.count == asked)
    }
  }

  // Regions fall silent.
  @Test(arguments: [
    // What is found (`.` is silent), and what is said. Too few can say:
    ("d..", Verdict.unknown), ("h..", .unknown), ("u..", .unknown), ("...", .unknown),
    ("d....", .unknown), (".", .unknown),
    // Enough can: silence is neither a yes nor a no.
    ("dd.", .down), ("du.", .regional), ("uu.", .up), ("dd...", .down), ("ddu..", .partial),
    ("uu...", .up), ("hh.", .down),
    // One region alone is asked where one alone is assigned.
    ("d", .down), ("u", .up),
  ])
  func `silence is never down`(_ word: String, _ verdict: Verdict) {
    var script = Script(String(repeating: "u", count: word.count))
    let names = zip("abcde", word).filter { $1 == "." }.map { String($0.0) }
    let since = script.world.now
    script.world.runs = { region, at in at < since || !names.contains(region) }
    script.world.run(until: since + 30_000)
    let first = zip("abcde", word).first { $1 == "d" || $1 == "h" }
    script.reply(.confirm, [word])
    if let first { script.find(String(first.0), Script.finding(first.1)) }
    script.world.run(until: script.world.now + 60_000)
    #expect(script.world.said.last == verdict)
    #expect(!script.world.said.contains(.down) || verdict == .down)
  }

  @Test func `a voter that answers late holds its round, one that falls silent does not`() throws {
    var rig = Rig.up()
    rig.find(0, .attributable)
    rig.answer("dd-")
    #expect(rig.said == [.up])
    // Region r2 has not answered. It may yet say up; its agent falls silent, and then it can't.
    rig.posts[2].isSilent = true
    rig.wait(500)
    #expect(rig.said == [.up, .down])
    let down = try #require(rig.verdicts.last)
    #expect(down.ballots.map(\.uncounted) == [nil, nil, .silent])
  }

  // The agents that agree stand in one provider's network.
  @Test(arguments: [
    // What is found, in whose network, and what is said of which provider.
    ("ddddu", "aaaab", Verdict.regional, String?("a")), ("ddddu", "aaabb", .down, nil),
    ("ddddu", "abcde", .down, nil), ("hhhhu", "aaaab", .regional, "a"),
    ("ddd??", "aaabb", .down, nil), ("ddd?u", "aaabb", .regional, "a"),
    ("dduuu", "aabbb", .regional, "a"), ("dduuu", "abbbb", .partial, nil),
    // All stand in one: there is nothing to tell the two apart by.
    ("ddddd", "aaaaa", .down, nil), ("ddddu", "aaaaa", .down, nil),
    ("dduuu", "aaaaa", .partial, nil),
  ])
  func `the failing stand with two providers, where two vote`(
    _ word: String, _ domains: String, _ verdict: Verdict, _ domain: String?
  ) {
    var script = Script(word, domains: domains)
    #expect(script.episode([word]).verdict == verdict)
    #expect(script.world.verdicts.last?.domain == domain)
  }

  @Test func `failures of one provider alone are regional, not down`() {
    var script = Script("ddu", policy: Policy(.majority, upCap: 1), domains: "ppq")
    #expect(
      script.episode(["ddu"])
        == Ending(verdict: .regional, regions: ["a", "b"], asked: [0, 15, 30]))
  }

  // One region truly fails.
  @Test(arguments: [
    ("duuuu", ["a"]), ("uuhuu", ["c"]), ("uud", ["c"]), ("ud", ["b"]),
  ])
  func `a region that fails alone has its own verdict and timeline`(
    _ word: String, _ regions: [String]
  ) throws {
    var script = Script(word)
    let since = script.world.now
    #expect(script.episode([word]).verdict == .regional)
    #expect(script.world.verdicts.last?.regions == regions)
    let incident = try #require(script.world.incidents.last)
    #expect(incident.severity == .regional)
    #expect((since...since + 10).contains(incident.startedAt))
    #expect(script.world.told == ["began notify regional"])
  }

  // Some regions reach the target, and some do not.
  @Test(arguments: [
    ("dduuu", ["a", "b"]), ("hhhuu", ["a", "b", "c"]), ("udud", ["b", "d"]), ("ddu", ["a", "b"]),
    ("ddduuuuuuu", ["a", "b", "c"]),
  ])
  func `a target that some reach is partial, which pages`(_ word: String, _ regions: [String]) {
    var script = Script(word)
    #expect(script.episode([word]).verdict == .partial)
    #expect(script.world.verdicts.last?.regions == regions)
    #expect(script.world.incidents.map(\.severity) == [.partial])
    #expect(script.world.told == ["began page partial"])
  }
}
