import Model

/// Decides when the records at hand become a batch.
///
/// Records wait for company at most a second; one that says something new, or that someone asked
/// for, does not wait at all.
public struct Batcher: Sendable {
  /// So many records are a batch.
  public static let recordLimit = 500
  /// So many bytes of them are a batch.
  public static let byteLimit = 64 << 10
  /// The longest that a record waits, in milliseconds.
  public static let waitMs: Int64 = 1_000

  /// When the records at hand are to be taken.
  public enum Due: Equatable, Sendable {
    case now
    /// At this moment of the clock that `nowMs` came from.
    case at(Int64)
  }

  private var records = 0
  private var bytes = 0
  private var dueMs: Int64?
  private var isUrgent = false
  /// The last outcome of each slot, as a number that changes with what it says.
  private var outcomes: [UInt64: UInt8] = [:]

  public init() {}

  /// Notes a record of about `byteCount` bytes and tells when to take the batch.
  public mutating func add(_ record: ProbeRecord, byteCount: Int, nowMs: Int64) -> Due {
    records += 1
    bytes += byteCount
    let outcome = record.outcome.number
    let last = outcomes.updateValue(outcome, forKey: record.slot) ?? Outcome.up.number
    if outcome != last || record.request != nil { isUrgent = true }
    if isUrgent || records >= Self.recordLimit || bytes >= Self.byteLimit { return .now }
    let dueMs = self.dueMs ?? nowMs + Self.waitMs
    self.dueMs = dueMs
    return .at(dueMs)
  }

  /// The records at hand were taken.
  public mutating func taken() {
    records = 0
    bytes = 0
    dueMs = nil
    isUrgent = false
  }

  /// Forgets the outcomes of slots that are not assigned any more.
  public mutating func keepOnly(_ isAssigned: (UInt64) -> Bool) {
    outcomes = outcomes.filter { isAssigned($0.key) }
  }
}

/// Cuts sorted records into batches. The same records always give the same batches, so that a cut
/// that a crash interrupted is made again byte by byte.
public enum BatchCut {
  /// The ranges of `records`, which must be sorted by start, that make one batch each.
  public static func ranges(of records: [ProbeRecord]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    var bytes = 0
    for (index, record) in records.enumerated() {
      let size = byteCount(of: record)
      if index > start, index - start >= Batcher.recordLimit || bytes + size > Batcher.byteLimit {
        ranges.append(start..<index)
        start = index
        bytes = 0
      }
      bytes += size
    }
    if start < records.count { ranges.append(start..<records.count) }
    return ranges
  }

  /// The most bytes that a record may take in a batch.
  public static func byteCount(of record: ProbeRecord) -> Int {
    96 + (record.outcome.failure.map { min(255, $0.detail.utf8.count) + 4 } ?? 0)
  }
}
