import Model
import Wire

/// What a session wants of the store beside its results: told together and one telling at a time,
/// so that a storm of them is a few transactions, not thousands that wait in line.
struct Errands: Sendable {
  /// "Probe now" may wait for the agent.
  var wantsProbes = false
  /// Checks that somebody tries may wait for the agent.
  var wantsTries = false
  /// Questions that the agent is done with.
  var done: [ProbeDone] = []
  /// What came of checks that somebody tries.
  var tried: [Tried] = []
  /// Slots whose probe takes unusually long.
  var overdue: Set<Int64> = []
  /// The store is asked at this moment, or will be again after it did not answer.
  private(set) var isUnderWay = false

  /// What is to be told now; `nil` where there is nothing, or a telling is under way.
  mutating func next() -> Errands? {
    guard !isUnderWay,
      wantsProbes || wantsTries || !done.isEmpty || !tried.isEmpty || !overdue.isEmpty
    else { return nil }
    let taken = self
    self = Errands()
    isUnderWay = true
    return taken
  }

  /// The store has answered; there may be more than `next` told of.
  mutating func answered(hasMoreProbes: Bool) {
    isUnderWay = false
    wantsProbes = wantsProbes || hasMoreProbes
  }

  /// The store did not answer: what was not told waits on, as much of it as may still matter.
  mutating func failed(_ untold: Errands) {
    wantsProbes = wantsProbes || untold.wantsProbes
    wantsTries = wantsTries || untold.wantsTries
    tried = Array((untold.tried + tried).suffix(Self.mostTried))
    done = Array((untold.done + done).suffix(Self.limit))
    overdue.formUnion(untold.overdue.prefix(Self.limit - min(Self.limit, overdue.count)))
  }

  /// The time to ask again has come.
  mutating func retry() { isUnderWay = false }

  /// Of each kind; the engine gives up what it is not told of.
  static let limit = 10_000
  /// Of checks that are tried; an agent works on fewer.
  static let mostTried = 64
}
