import JSON
import OpenSSL
import Quorum

/// Where a monitor's log of steps and its chain of verdicts end.
struct LogHead: Hashable {
  /// The number of the newest step; 0 before the first.
  var number: Int64 = 0
  /// The newest step that holds the state before it, and the rules that took it.
  var snapshot: Int64?
  var engine: Int32?
  /// The newest verdict's digest.
  var verdictDigest: [UInt8]?

  /// A state is stored at least every so many steps, so that a replay has not far to go.
  static let snapshotSpacing: Int64 = 100

  /// Counts one more step; says whether the state before it is to be stored with it.
  ///
  /// It is where an episode begins (a doubt that may become an incident), where the rules are others
  /// than those of the steps before, and after `snapshotSpacing` steps.
  mutating func advance(from before: MonitorState, to after: MonitorState) -> Bool {
    number += 1
    let isEnough: Bool
    if let snapshot, engine == EngineVersion.current {
      isEnough = number - snapshot < Self.snapshotSpacing && !after.opensEpisode(after: before)
    } else {
      isEnough = false
    }
    guard !isEnough else { return false }
    snapshot = number
    engine = EngineVersion.current
    return true
  }
}

/// A step that moved something, as it was taken.
struct TakenStep {
  var number: Int64
  /// The step at which a replay of this one begins.
  var snapshot: Int64
  /// When the state was stepped before, quiet ticks included, collector time (ms).
  var previousAt: Int64
  var event: Event
  /// `nil` where the step before has it.
  var before: MonitorState?
  var after: MonitorState
  var directives: [Directive]
}

/// A step in the form that is stored and sealed.
///
/// Its digest is SHA-256 over the canonical JSON (`CanonicalJSON`) of an object with `monitor` (the
/// store's number), `number`, `engine`, `previous_at`, `event`, `before` (where it is stored),
/// `directives` (all) and `state` (after the step).
struct StoredStep {
  var monitorKey: Int64
  var number: Int64
  var engine: Int32
  var previousAt: Int64
  var event: JSONValue
  var before: JSONValue?

  init(
    monitorKey: Int64, number: Int64, engine: Int32, previousAt: Int64, event: JSONValue,
    before: JSONValue?
  ) {
    self.monitorKey = monitorKey
    self.number = number
    self.engine = engine
    self.previousAt = previousAt
    self.event = event
    self.before = before
  }

  init(_ step: TakenStep, of monitorKey: Int64) throws {
    self.init(
      monitorKey: monitorKey, number: step.number, engine: EngineVersion.current,
      previousAt: step.previousAt, event: try Tree.of(step.event),
      before: try step.before.map { try Tree.of($0) })
  }

  /// What seals this step if it gave that.
  func digest(
    giving directives: [Directive], state: JSONValue
  ) throws -> [UInt8] {
    var object = JSONObject()
    object["monitor"] = .integer(monitorKey)
    object["number"] = .integer(number)
    object["engine"] = .integer(Int64(engine))
    object["previous_at"] = .integer(previousAt)
    object["event"] = event
    object["before"] = before
    object["directives"] = try Tree.of(directives)
    object["state"] = state
    return try CanonicalJSON.digest(.object(object))
  }

  /// The directives that are stored with the step: verdicts have rows of their own. `nil`: none.
  static func stored(_ directives: [Directive]) throws -> JSONValue? {
    let kept = directives.filter { directive in
      if case .recordVerdict = directive { return false }
      return true
    }
    // Not `nil`, which would be JSON's null.
    return kept.isEmpty ? Optional.none : .some(try Tree.of(kept))
  }
}

extension MonitorState {
  /// Whether it is this state but for the time of the step.
  func isStill(_ before: MonitorState) -> Bool {
    var before = before
    before.steppedAt = steppedAt
    return before == self
  }

  fileprivate func opensEpisode(after before: MonitorState) -> Bool {
    switch (before.stage, stage) {
    case (.settled, .suspect), (.settled, .down), (.settled, .recovering): true
    default: false
    }
  }
}
