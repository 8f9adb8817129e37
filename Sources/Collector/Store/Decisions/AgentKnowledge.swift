import JSON
import Model
import Postgres
import Quorum

/// What a step knows of an agent beside its seat: whether what it found may be judged already.
struct AgentKnowledge {
  /// Whether a waiting finding may be taken now.
  enum Readiness: Hashable {
    case ready
    /// Not yet: something is awaited that will tell what it is worth, and may come at any moment.
    case held
    /// What was awaited never came: it counts for nothing.
    case unconfirmed
  }

  /// The start that its newest session belongs to.
  var start: BootID?
  /// The start of which trust was last taken in; `nil` where nothing ever was.
  var trustedStart: BootID?
  var hasCanaries = false
  private var state: StoredTrust?

  /// For how long an ambiguous failure waits for canaries, ms: two sets one after the other, and
  /// their way here.
  static let canaryWaitMs: Int64 = 8_000
  /// The distrust of an agent for the one finding that its canaries never confirmed.
  static let unconfirmed = "canaries_awaited"

  init(start: BootID?, trustedStart: BootID?, hasCanaries: Bool?, state: JSONText?) {
    self.start = start
    self.trustedStart = trustedStart
    self.hasCanaries = hasCanaries ?? false
    self.state = state.map(StoredTrust.init)
  }

  /// Judges a finding of this agent that was told `agoMs` ago.
  ///
  /// Two things may be awaited. The first word (ALIVE) of a start whose session has begun and whose
  /// results came: only with that can the finding's age be told. And the canaries: an ambiguous
  /// failure is worth nothing until a set of them has passed that began after it.
  func readiness(
    of finding: Quorum.Observation, from voter: Voter, agoMs: Int64, freshMs: Int64
  ) -> Readiness {
    guard let presence = voter.presence, presence.boot == finding.boot else {
      return start == finding.boot && agoMs <= freshMs ? .held : .ready
    }
    guard finding.kind == .ambiguous, let trustedStart else { return .ready }
    let late: Readiness = agoMs <= Self.canaryWaitMs ? .held : .unconfirmed
    guard trustedStart == finding.boot else { return late }
    guard hasCanaries, let trust else { return .ready }
    let endedMs = finding.startedMs &+ Int64(finding.evidence.totalUs ?? 0) / 1_000
    switch trust.weigh(endedMs: endedMs) {
    case .counts: return .ready
    case .waits: return late
    case .unknown:
      // A new start's first set is on its way.
      let isNew = trust.doubts.allSatisfy { $0.reason == .restarted }
      return isNew && late == .held ? .held : .ready
    }
  }

  private var trust: AgentTrust? { state?.trust }
}

/// A stored `AgentTrust` that is read when it is first asked for, once for all monitors of a batch.
private final class StoredTrust {
  private let text: String
  /// `nil` where it can't be read.
  lazy var trust: AgentTrust? = try? Tree.read(from: JSONValue(parsing: text))

  init(_ stored: JSONText) {
    text = stored.text
  }
}
