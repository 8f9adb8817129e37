import Model

/// Names an agent within one store: the number of its row.
public typealias AgentKey = Int32

/// Names one round of one episode of one monitor; neither number is ever used again.
public struct RoundID: Hashable, Sendable, Codable {
  public var episode: Int32
  public var round: Int32

  public init(episode: Int32, round: Int32) {
    self.episode = episode
    self.round = round
  }
}

/// One probe's finding as it enters the engine: a changed vote, or an answer to "probe now".
public struct Observation: Hashable, Sendable, Codable {
  public var region: String
  public var agent: AgentKey
  /// The start of the agent's process within which `startedMs` is meant.
  public var boot: BootID
  /// The monitor's epoch that was probed.
  public var epoch: Int32
  /// When the probe began, in milliseconds of agent time: what ages are reckoned from.
  public var startedMs: Int64
  /// When the probe began, in milliseconds of collector time since 1970: for people only.
  public var startedAt: Int64
  public var kind: VoteKind
  public var evidence: Evidence
  /// The round that asked for this probe; `nil` for a scheduled one.
  public var answers: RoundID?

  public init(
    region: String, agent: AgentKey, boot: BootID, epoch: Int32, startedMs: Int64,
    startedAt: Int64, kind: VoteKind, evidence: Evidence = Evidence(), answers: RoundID? = nil
  ) {
    self.region = region
    self.agent = agent
    self.boot = boot
    self.epoch = epoch
    self.startedMs = startedMs
    self.startedAt = startedAt
    self.kind = kind
    self.evidence = evidence
    self.answers = answers
  }
}

extension Observation {
  /// Whether the target refused the probe for being one of too many (RFC 6585, status 429).
  var isForBeingMany: Bool { kind.isFailure && evidence.status == 429 }
}
