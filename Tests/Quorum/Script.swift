import Model

@testable import Quorum

/// Episodes written down as words: one a round, one letter a region (`a`, `b`, ... in order). The
/// last word repeats. Beside the letters of `ballots`: `l` is refused for being one too many
/// (429), `x` is dropped by its agent, `-` never answered, `.` silent from the first word on.
///
/// A refusal takes 20 ms, an up 50 ms and a black hole its timeout of 10 s.
struct Script {
  /// What came of it.
  struct Ending: Equatable, CustomStringConvertible {
    var verdict: Verdict?
    var regions: [String] = []
    /// When its rounds were asked, in seconds from the first.
    var asked: [Int64]

    var description: String {
      "\(verdict.map { "\($0)" } ?? "nothing") \(regions.joined()), asked at \(asked)"
    }
  }

  var world: World
  private let names: [String]

  static func finding(_ letter: Character) -> World.Finding {
    switch letter {
    case "d": .refused
    case "h": .blackHole
    case "u": .up
    case "s": .degraded
    case "l": .tooMany
    case "x": .dropped
    case "-": .never
    default: .lost
    }
  }

  /// A monitor that was found up a minute ago, and is probed only when asked from now on.
  ///
  /// - Parameters:
  ///   - word: names the regions that are silent; the other letters say how many there are.
  ///   - domains: each region's provider, one letter each; one of its own unless given.
  init(_ word: String, policy: Policy = .standard, domains: String? = nil) {
    names = word.indices.map { index in
      let place = word.distance(from: word.startIndex, to: index)
      return String(UnicodeScalar(UInt8(97 + place)))
    }
    world = World(regions: names, policy: policy)
    for (name, domain) in zip(names, domains ?? "") { world.domains[name] = String(domain) }
    let silent = Set(zip(names, word).filter { $1 == "." }.map(\.0))
    world.runs = { region, _ in !silent.contains(region) }
    world.run(until: 60_000)
    world.isScheduling = false
  }

  /// What the episode comes to that `rounds` are the answers of. A scheduled failure opens it, of
  /// the first region that is not up in the first round.
  static func episode(
    _ rounds: [String], policy: Policy = .standard, domains: String? = nil
  ) -> Ending {
    var script = Script(rounds[0], policy: policy, domains: domains)
    return script.episode(rounds)
  }

  mutating func episode(_ rounds: [String]) -> Ending {
    let first = zip(names, rounds[0]).first { !"us.".contains($1) } ?? (names[0], "d")
    return play(rounds, .confirm, opener: first.0, first.1 == "h" ? .blackHole : .refused)
  }

  /// What the recovery comes to of a monitor that is down, once region `a` was up by schedule.
  static func recovery(_ rounds: [String], policy: Policy = .standard) -> Ending {
    var script = Script(rounds[0], policy: policy)
    script.goDown()
    return script.play(rounds, .recovery, opener: script.names[0], .up)
  }

  /// All regions fail.
  mutating func goDown() {
    _ = episode([String(repeating: "d", count: names.count)])
  }

  /// A scheduled probe, from now until it has its finding.
  mutating func find(_ region: String, _ finding: World.Finding) {
    guard let agent = world.agents[region], let boot = world.boots[agent] else { return }
    let started = world.now + 1
    world.run(until: started + finding.tookMs)
    world.ingest(
      Observation(
        region: region, agent: agent, boot: boot, epoch: world.settings.epoch,
        startedMs: started, startedAt: World.start + started, kind: finding.kind,
        evidence: Evidence(status: finding.status)))
  }

  /// From now on, what is asked for `purpose` is answered by `rounds`, and what is asked for
  /// anything else by `others`, or by the last of them.
  mutating func reply(_ purpose: Ask.Purpose, _ rounds: [String], others: String? = nil) {
    let names = names
    let last = others ?? rounds[rounds.count - 1]
    world.replies = { ask, region in
      guard let place = names.firstIndex(of: region) else { return nil }
      let word = ask.purpose == purpose ? rounds[min(Int(ask.id.round), rounds.count) - 1] : last
      return Self.finding(word[word.index(word.startIndex, offsetBy: place)])
    }
  }

  private mutating func play(
    _ rounds: [String], _ purpose: Ask.Purpose, opener: String, _ finding: World.Finding
  ) -> Ending {
    reply(purpose, rounds)
    let asks = world.asks.count
    let verdicts = world.verdicts.count
    find(opener, finding)
    let end = world.now + 300_000
    while world.now < end, isOpen { world.run(until: world.now + 10) }
    let news = world.verdicts.dropFirst(verdicts).last
    let asked = world.asks.dropFirst(asks).filter { $0.ask.purpose == purpose }.map(\.at)
    return Ending(
      verdict: news?.verdict, regions: news?.regions ?? [],
      asked: asked.map { ($0 - (asked.first ?? 0)) / 1_000 })
  }

  private var isOpen: Bool {
    switch world.state.stage {
    case .suspect, .recovering: true
    case .settled, .down: false
    }
  }
}
