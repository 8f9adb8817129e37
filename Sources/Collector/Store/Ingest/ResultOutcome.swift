import Model
import Wire

/// What `result.outcome` and `vote.outcome` hold: how a probe's end counts.
public enum ResultOutcome: Int16, Sendable, CaseIterable {
  case up = 0
  case degraded = 1
  /// The target itself answered, wrongly.
  case failedAttributable = 2
  /// The path could be the cause as well.
  case failedAmbiguous = 3
  /// The agent could not ask.
  case unknown = 4

  /// From a record's flags and failure class; a class that is not known says nothing.
  @inlinable
  public init(flags: UInt8, failureClass: UInt8) {
    if flags & RecordFlag.ok != 0 {
      self = flags & RecordFlag.degraded != 0 ? .degraded : .up
      return
    }
    switch failureClass {
    case 1, 2, 9: self = .failedAmbiguous
    case 3, 4, 5, 6, 7: self = .failedAttributable
    default: self = .unknown
    }
  }
}
