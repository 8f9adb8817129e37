import Model

/// The agent that votes for a region, as it stood when an event was stepped.
public struct Voter: Hashable, Sendable, Codable {
  public var agent: AgentKey
  public var region: String
  /// What fails together: the provider.
  public var domain: String
  /// What the agent last said of itself; `nil` if it never did.
  public var presence: Presence?
  public var trust: Trust

  public init(
    agent: AgentKey, region: String, domain: String, presence: Presence?, trust: Trust = .trusted
  ) {
    self.agent = agent
    self.region = region
    self.domain = domain
    self.presence = presence
    self.trust = trust
  }

  /// Whether the agent is heard; a silent one has no vote.
  public var isLive: Bool { presence.map { !$0.silent } ?? false }
}

/// What an agent's last ALIVE said, and how long ago.
public struct Presence: Hashable, Sendable, Codable {
  public var boot: BootID
  /// Milliseconds of collector time since the ALIVE arrived.
  public var heardAgoMs: Int64
  /// The agent's time in that ALIVE, ms.
  public var agentNowMs: Int64
  /// Agent time (ms) before which everything due has been stored.
  public var watermarkMs: Int64
  /// Whether the agent is judged silent (`Silence`).
  public var silent: Bool
  /// The longest timeout among all that the agent is assigned, ms; 0 where that is not known.
  public var longestTimeoutMs: Int64

  public init(
    boot: BootID, heardAgoMs: Int64, agentNowMs: Int64, watermarkMs: Int64, silent: Bool,
    longestTimeoutMs: Int64 = 0
  ) {
    self.boot = boot
    self.heardAgoMs = heardAgoMs
    self.agentNowMs = agentNowMs
    self.watermarkMs = watermarkMs
    self.silent = silent
    self.longestTimeoutMs = longestTimeoutMs
  }
}

/// Whether an agent's ambiguous failures count; its ups always do.
public enum Trust: Hashable, Sendable, Codable {
  case trusted
  case distrusted(reason: String)

  /// What a finding counts for, coming from an agent of this trust.
  public func weigh(_ kind: VoteKind) -> VoteKind {
    switch self {
    case .trusted: kind
    case .distrusted: kind == .ambiguous ? .unknown : kind
    }
  }
}

/// One assigned region and who votes for it.
public struct Seat: Hashable, Sendable, Codable {
  public var region: String
  /// `nil` where the region has no agent.
  public var voter: Voter?

  public init(region: String, voter: Voter?) {
    self.region = region
    self.voter = voter
  }
}

/// All seats of a monitor: everything that a tally reads from outside the log, copied into the
/// event that it steps.
public struct Panel: Hashable, Sendable, Codable {
  /// One a region, sorted by region.
  public private(set) var seats: [Seat]

  public init(_ seats: [Seat]) {
    let isSorted = seats.indices.dropFirst().allSatisfy {
      !seats[$0].region.utf8.lexicographicallyPrecedes(seats[$0 - 1].region.utf8)
    }
    self.seats =
      isSorted
      ? seats : seats.sorted { $0.region.utf8.lexicographicallyPrecedes($1.region.utf8) }
  }

  /// Takes over what is known by now of the voter of seat `index`; does nothing where there is none.
  public mutating func update(_ index: Int, presence: Presence?, trust: Trust) {
    guard seats.indices.contains(index) else { return }
    seats[index].voter?.presence = presence
    seats[index].voter?.trust = trust
  }

  public subscript(region: String) -> Voter? { seats.first { $0.region == region }?.voter }

  /// The voters that are heard.
  public var live: [Voter] { seats.compactMap(\.voter).filter(\.isLive) }

  /// The providers among all voters.
  public var domains: Set<String> { Set(seats.compactMap(\.voter?.domain)) }
}
