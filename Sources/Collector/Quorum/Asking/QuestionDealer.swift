import Model

/// How many questions a second may be put beside what is probed anyway.
public struct QuestionBounds: Hashable, Sendable {
  /// To one target's host, by all agents together.
  public var perHost: Int32
  /// To one agent.
  public var perAgent: Int32
  /// The share of a second that questions may take which settle no doubt (`Ask.Purpose.canWait`),
  /// in per cent: the rest is kept for those that do.
  public var patientShare: Int32
  /// An organization with fewer questions than this in a second finds room in all of it.
  public var modest: Int32
  /// The share of a second, in per cent, that organizations with more may take: the rest is kept for
  /// the modest, so that one with thousands of monitors down makes no other wait.
  public var crowdShare: Int32

  public init(
    perHost: Int32 = 50, perAgent: Int32 = 100, patientShare: Int32 = 50, modest: Int32 = 20,
    crowdShare: Int32 = 75
  ) {
    self.perHost = perHost
    self.perAgent = perAgent
    self.patientShare = patientShare
    self.modest = modest
    self.crowdShare = crowdShare
  }

  public static let standard = QuestionBounds()

  /// How many of a second's places are open to a question of an organization that has `owned` there.
  fileprivate func limit(_ bound: Int32, _ purpose: Ask.Purpose, owned: Int32) -> Int32 {
    let share = min(purpose.canWait ? patientShare : 100, owned < modest ? 100 : crowdShare)
    return max(1, Int32(clamping: Int64(bound) * Int64(share) / 100))
  }
}

/// Says when each question is to be put, so that confirming an outage of many never becomes an
/// attack: what exceeds a second's bound, of the host or of the agent, is put later, never dropped.
///
/// A pure value: the same calendars and the same questions give the same times. The store keeps the
/// calendars, under a lock, for all collectors together.
public struct QuestionDealer: Hashable, Sendable {
  public var hosts: [String: QuestionCalendar]
  public var agents: [AgentKey: QuestionCalendar]
  /// How many questions of an organization each second has, of whatever hosts and agents.
  public var organizations: [Int32: QuestionCalendar]
  public var bounds: QuestionBounds

  /// Rounds about one host that begin in the same second are spread by up to this, ms.
  public static let mostJitterMs: UInt64 = 300

  public init(
    hosts: [String: QuestionCalendar] = [:], agents: [AgentKey: QuestionCalendar] = [:],
    organizations: [Int32: QuestionCalendar] = [:], bounds: QuestionBounds = .standard
  ) {
    self.hosts = hosts
    self.agents = agents
    self.organizations = organizations
    self.bounds = bounds
  }

  /// When each voter of `ask` is to be asked, collector time (ms), in their order; never before
  /// `at`. Those whom one second has room for are asked at the same moment.
  public mutating func deal(
    _ ask: Ask, monitor: Int64, host: String, organization: Int32, at: Int64
  ) -> [Int64] {
    let seed = Self.seed(monitor, ask.id)
    var hostCalendar = hosts[host] ?? QuestionCalendar()
    var ownCalendar = organizations[organization] ?? QuestionCalendar()
    let second = Self.second(at)
    hostCalendar.turn(to: second)
    ownCalendar.turn(to: second)
    // Who asks alone need not wait.
    let isAlone = hostCalendar.count(in: second) == 0
    let beginsAt = isAlone ? at : at &+ Int64(seed % Self.mostJitterMs)
    let times = ask.voters.map { asked -> Int64 in
      var agentCalendar = agents[asked.agent] ?? QuestionCalendar()
      agentCalendar.turn(to: second)
      var free = max(
        Self.second(beginsAt), hostCalendar.earliest, agentCalendar.earliest, ownCalendar.earliest)
      while true {
        let owned = ownCalendar.count(in: free)
        let hasRoom =
          hostCalendar.count(in: free) < bounds.limit(bounds.perHost, ask.purpose, owned: owned)
          && agentCalendar.count(in: free)
            < bounds.limit(bounds.perAgent, ask.purpose, owned: owned)
        if hasRoom { break }
        free += 1
      }
      hostCalendar.add(to: free)
      agentCalendar.add(to: free)
      ownCalendar.add(to: free)
      agents[asked.agent] = agentCalendar
      return free == Self.second(beginsAt) ? beginsAt : free &* 1_000 &+ Int64(seed % 1_000)
    }
    hosts[host] = hostCalendar
    organizations[organization] = ownCalendar
    return times
  }

  private static func second(_ ms: Int64) -> Int64 { ms >= 0 ? ms / 1_000 : (ms - 999) / 1_000 }

  private static func seed(_ monitor: Int64, _ id: RoundID) -> UInt64 {
    let round = UInt64(UInt32(bitPattern: id.episode)) << 32 | UInt64(UInt32(bitPattern: id.round))
    return Rendezvous.mix(Rendezvous.mix(UInt64(bitPattern: monitor)) ^ round)
  }
}

extension Ask.Purpose {
  /// Whether it settles no doubt: it is asked again by itself, or a scheduled probe will tell.
  public var canWait: Bool {
    switch self {
    case .confirm, .recovery, .recheck: false
    case .watch, .introduce: true
    }
  }
}
