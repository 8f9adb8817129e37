import Testing

@testable import Quorum

/// How outages and listed regions end: one letter a region, one word a round (`Script`), the last
/// word repeating.
@Suite struct `A recovery` {
  typealias Ending = Script.Ending

  struct Row: CustomTestStringConvertible {
    var rounds: [String]
    var ending: Ending
    /// Whether the monitor counts as down as before.
    var isDown: Bool

    init(
      _ rounds: [String], _ verdict: Verdict?, _ regions: String = "", asked: [Int64]
    ) {
      self.rounds = rounds
      isDown = verdict == nil
      ending = Ending(verdict: verdict, regions: regions.map { String($0) }, asked: asked)
    }

    var testDescription: String { rounds.joined(separator: " ") + ": \(ending)" }
  }

  @Test(arguments: [
    // A majority up now and again 10 s later.
    Row(["uuuuu"], .up, asked: [0, 10]),
    Row(["sssss"], .up, asked: [0, 10]),
    Row(["uuu??"], .up, asked: [0, 10]),
    Row(["uu???"], .up, asked: [0, 10]),
    Row(["uuudd", "uuuuu"], .up, asked: [0, 10]),
    Row(["udddu", "uuuuu"], .up, asked: [0, 10]),
    Row(["uuuuu", "uuudd"], .up, asked: [0, 10]),
    Row(["uuu"], .up, asked: [0, 10]),
    Row(["uu"], .up, asked: [0, 10]),
    Row(["u"], .up, asked: [0, 10]),
    // Some are up, others still fail.
    Row(["uuuud"], .regional, "e", asked: [0, 10]),
    Row(["uuudd"], .partial, "de", asked: [0, 10]),
    Row(["uuddd"], .partial, "cde", asked: [0, 10]),
    Row(["uud"], .regional, "c", asked: [0, 10]),
    Row(["ud"], .regional, "b", asked: [0, 10]),
    // Down as before: all fail, as many as the policy asks for, or too few can say.
    Row(["ddddd"], nil, asked: [0]),
    Row(["udddd"], nil, asked: [0]),
    Row(["uuuuu", "udddd"], nil, asked: [0, 10]),
    Row(["hhhhh"], nil, asked: [0]),
    Row(["d????"], nil, asked: [0]),
    Row(["u????"], nil, asked: [0]),
    Row(["?????"], nil, asked: [0]),
    Row(["d"], nil, asked: [0]),
    // No majority, and never the same who fails: five rounds are enough.
    Row(["ud???", "u?d??", "u??d?", "u???d", "du???"], nil, asked: [0, 10, 20, 30, 40]),
    Row(["ud???", "u?d??", "uuu??"], .up, asked: [0, 10, 20]),
  ])
  func `comes to`(_ row: Row) {
    #expect(Script.recovery(row.rounds) == row.ending)
  }

  @Test(arguments: ["uuu", "sss", "uu?", "uu."])
  func `dates the end back to the first success`(_ word: String) throws {
    var script = Script(word)
    script.goDown()
    script.world.run(until: script.world.now + 7_000)
    script.reply(.recovery, [word])
    script.find("a", .up)
    let found = script.world.now
    script.world.run(until: found + 30_000)
    #expect(script.world.said == [.up, .down, .up])
    #expect(script.world.incidents.first?.endedAt == found - 50)
  }

  @Test(arguments: [
    // The region that finds it up, and which were up when it was confirmed: no news.
    ("ddddu", "a", true), ("ddddu", "b", true), ("ddddu", "e", false), ("ddddd", "e", true),
  ])
  func `begins with an up that is news`(_ word: String, _ region: String, _ begins: Bool) {
    var script = Script(word)
    #expect(script.episode([word]).verdict == .down)
    script.find(region, .degraded)
    #expect(script.world.asks.contains { $0.ask.purpose == .recovery } == begins)
  }
}

@Suite struct `A listed region` {
  /// Regions listed, the one that is found up by schedule, what it then says when asked, and what is
  /// said at last of which regions.
  struct Row: CustomTestStringConvertible {
    var rounds: String
    var found: String
    var answers: String
    var verdict: Verdict
    var regions: String

    init(
      _ rounds: String, _ found: String, _ answers: String, _ verdict: Verdict, _ regions: String
    ) {
      self.rounds = rounds
      self.found = found
      self.answers = answers
      self.verdict = verdict
      self.regions = regions
    }

    var testDescription: String { "\(rounds), \(found) up then \(answers): \(verdict) \(regions)" }
  }

  @Test(arguments: [
    // Two ups 10 s apart.
    Row("duuuu", "a", "u", .up, ""), Row("duuuu", "a", "s", .up, ""),
    Row("duuuu", "a", "d", .regional, "a"), Row("duuuu", "a", "h", .regional, "a"),
    Row("duuuu", "a", "?", .regional, "a"), Row("duuuu", "a", "-", .regional, "a"),
    Row("duuuu", "a", "x", .regional, "a"),
    // Another region's being up is nothing to it.
    Row("duuuu", "b", "u", .regional, "a"),
    // The others stay; what is left decides what is said.
    Row("dduuu", "a", "u", .regional, "b"), Row("ddduu", "b", "u", .partial, "ac"),
    Row("dduuuuuuuu", "b", "u", .regional, "a"), Row("ddduuuuuuu", "b", "u", .regional, "ac"),
  ])
  func `leaves on two ups`(_ row: Row) {
    var script = Script(row.rounds)
    _ = script.episode([row.rounds])
    let listed = script.world.state.listed.map(\.region)
    #expect(!listed.isEmpty)
    let others = String(repeating: row.answers, count: row.rounds.count)
    script.reply(.recheck, [others], others: row.rounds)
    script.find(row.found, .degraded)
    let begin = script.world.now
    script.world.run(until: begin + 25_000)
    let asks = script.world.asks.filter { $0.ask.purpose == .recheck }
    #expect(asks.map(\.at) == (listed.contains(row.found) ? [begin + 10_000] : []))
    #expect(asks.allSatisfy { $0.ask.voters.map(\.region) == [row.found] })
    #expect(script.world.state.verdict?.verdict == row.verdict)
    #expect(script.world.state.verdict?.regions.joined() == row.regions)
    #expect((script.world.incidents.last?.endedAt == nil) == (row.verdict != .up))
  }

  @Test func `that is the last to leave ends the verdict at its first success`() {
    var script = Script("duuuu")
    _ = script.episode(["duuuu"])
    script.reply(.recheck, ["uuuuu"])
    script.find("a", .up)
    let found = script.world.now
    script.world.run(until: found + 25_000)
    #expect(
      script.world.incidents == [
        World.Incident(severity: .regional, startedAt: 60_001, endedAt: found - 50)
      ])
  }

  @Test func `stays while its agent is silent`() {
    var rig = Rig.up(5)
    rig.find(0, .attributable)
    for _ in 0..<3 {
      rig.answer("duuuu")
      rig.wait(15_000)
    }
    #expect(rig.state.listed.map(\.region) == ["r0"])
    rig.posts[0].isSilent = true
    rig.wait(3_600_000)
    #expect(rig.state.listed.map(\.region) == ["r0"])
    #expect(rig.state.verdict?.verdict == .regional)
  }
}
