import AgentCore
import Linux
import Model
import Wire

/// How much the spool may keep.
public struct SpoolLimits: Sendable, Equatable {
  /// Bytes of all segments.
  public var bytes: Int
  /// The age of a result, in milliseconds.
  public var ageMs: Int64
  /// How long acked segments are kept, so that a collector that fell back can be fed again.
  public var keepAckedMs: Int64 = 600_000
  /// A segment is closed at this size.
  public var segmentBytes = 4 << 20
  /// Room that is left to others on the file system: at least this, and at least a twentieth of it.
  public var freeBytes = 512 << 20

  /// The most of `bytes` that evidence takes.
  public var evidenceBytes: Int { bytes / 4 }
  /// A segment of evidence is closed at this size, so that a quarter of little has several.
  var evidenceSegmentBytes: Int { min(segmentBytes, bytes / 16) }

  public init(bytes: Int = 256 << 20, ageMs: Int64 = 72 * 3_600_000) {
    self.bytes = bytes
    self.ageMs = ageMs
  }
}

/// Sequences of a stream that will never come. A skip must be made and given to `Spool.announce`.
public struct Loss: Equatable, Sendable {
  public var stream: StreamID
  public var first: UInt64
  public var last: UInt64
  /// As far as it is known; evidence is no result.
  public var results: UInt64
  /// Of these, those that skips told which this loss's replaces: they are not lost once more.
  public var resultsToldBefore: UInt64 = 0
  /// Agent time of the first and last result, in milliseconds, as far as it is known.
  public var fromMs: Int64
  public var toMs: Int64
  public var reason: Skip.Reason

  public init(
    stream: StreamID, first: UInt64, last: UInt64, results: UInt64, fromMs: Int64, toMs: Int64,
    reason: Skip.Reason
  ) {
    self.stream = stream
    self.first = first
    self.last = last
    self.results = results
    self.fromMs = fromMs
    self.toMs = toMs
    self.reason = reason
  }
}

/// Something that went wrong with the disk and was survived; for the log.
public enum SpoolTrouble: Equatable, Sendable, CustomStringConvertible {
  /// A file's damaged bytes were put aside.
  case quarantined(path: String, bytes: Int)
  /// The end of a file had not been written whole.
  case torn(path: String, bytes: Int)
  /// The disk did not confirm what was written to a segment; another was begun.
  case notSynced(SystemError)
  /// Something could not be read, written, renamed or removed.
  case failed(SystemError)

  public var description: String {
    switch self {
    case .quarantined(let path, let bytes):
      "\(bytes) damaged bytes of \(path) were put aside in the spool's quarantine"
    case .torn(let path, let bytes):
      "\(bytes) bytes at the end of \(path) were not written whole and are cut off"
    case .notSynced(let error): "the disk did not confirm a segment, another is begun: \(error)"
    case .failed(let error): "\(error)"
    }
  }
}

/// Why a batch was not taken.
public enum SpoolError: Error, Equatable, Sendable {
  /// Nothing could be written, and what waits in memory has reached its bound.
  case full(SystemError)
}

/// One stream as an earlier process left it.
public struct StoredStream: Equatable, Sendable {
  public var id: StreamID
  /// Those that are not known to be acked, by sequence.
  public var batches: [Batch]
  public var lastAssigned: UInt64
  /// Holes between and behind them that no skip announces yet.
  public var losses: [Loss]
  /// Bytes were cut off the end; the last loss is the batch that was being written.
  public var isTorn: Bool
  /// Whether it holds evidence, and not results.
  public var isEvidence: Bool

  public init(
    id: StreamID, batches: [Batch], lastAssigned: UInt64, losses: [Loss], isTorn: Bool,
    isEvidence: Bool = false
  ) {
    self.id = id
    self.batches = batches
    self.lastAssigned = lastAssigned
    self.losses = losses
    self.isTorn = isTorn
    self.isEvidence = isEvidence
  }
}
