import Model
import Wire

/// Evidence in memory, between its probe and the spool.
///
/// A piece has no place until its record is in a batch; then it names that, and can be written, unless
/// its last part is still waited for. At most `byteLimit` bytes are held; beyond it the oldest go, and
/// are counted.
public struct EvidenceShelf: Sendable {
  public static let byteLimit = 2 << 20
  /// What a piece takes beside its parts, about.
  static let overhead = 256
  /// The most bytes of pieces in one batch, so that its body stays within 64 KiB.
  public static let batchBytes = (64 << 10) - 512

  private struct Piece: Sendable {
    var slot: UInt64
    var startedAtMs: Int64
    var parts: [Evidence.Part]
    var bytes: Int
    var place: Place?
    /// Its trace may come before this.
    var heldUntilMs: Int64

    func isReady(_ nowMs: Int64) -> Bool { place != nil && heldUntilMs <= nowMs }
  }

  private struct Place: Sendable {
    var batch: BatchName
    var index: UInt64
  }

  /// The oldest first.
  private var pieces: [Piece] = []
  private var heldBytes = 0
  /// Pieces that were given up since the process began.
  public private(set) var dropped: UInt64 = 0

  public init() {}

  public var isEmpty: Bool { pieces.isEmpty }

  /// Bytes of the pieces that can be written.
  public func readyBytes(nowMs: Int64) -> Int {
    pieces.reduce(0) { $0 + ($1.isReady(nowMs) ? $1.bytes : 0) }
  }

  /// Takes the evidence of a probe whose record is about to come.
  ///
  /// - Parameter heldUntilMs: how long its trace is waited for, in agent time; `nil` for one that has
  ///   none.
  public mutating func add(
    _ evidence: ProbeEvidence, slot: UInt64, startedAtMs: Int64, heldUntilMs: Int64? = nil
  ) {
    let bytes = evidence.byteCount + Self.overhead
    pieces.append(
      Piece(
        slot: slot, startedAtMs: startedAtMs, parts: evidence.parts, bytes: bytes,
        heldUntilMs: heldUntilMs ?? .min))
    heldBytes += bytes
    trim()
  }

  /// Adds the trace to the piece that waits for it, which waits no more. One that comes too late is of
  /// no use.
  public mutating func complete(slot: UInt64, startedAtMs: Int64, trace: [UInt8]) {
    guard
      let position = pieces.lastIndex(where: {
        $0.slot == slot && $0.startedAtMs == startedAtMs && $0.heldUntilMs > .min
      })
    else { return }
    pieces[position].heldUntilMs = .min
    guard !trace.isEmpty else { return }
    pieces[position].parts.append(
      Evidence.Part(kind: Evidence.PartKind.traceroute.rawValue, bytes: trace))
    pieces[position].bytes += trace.count
    heldBytes += trace.count
    trim()
  }

  private mutating func trim() {
    while heldBytes > Self.byteLimit, let oldest = pieces.first {
      pieces.removeFirst()
      heldBytes -= oldest.bytes
      dropped += 1
    }
  }

  /// The records of a batch have their places; they must stand in the batch's order.
  public mutating func place(_ records: [ProbeRecord], in batch: BatchName) {
    for position in pieces.indices where pieces[position].place == nil {
      guard let index = Self.index(of: pieces[position], in: records) else { continue }
      pieces[position].place = Place(batch: batch, index: UInt64(index))
    }
  }

  private static func index(of piece: Piece, in records: [ProbeRecord]) -> Int? {
    let wanted = (piece.startedAtMs, piece.slot)
    var low = 0
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      if (records[middle].startedAtMs, records[middle].slot) < wanted {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < records.count, records[low].startedAtMs == piece.startedAtMs,
      records[low].slot == piece.slot
    else { return nil }
    return low
  }

  /// Takes the oldest pieces that can be written, as many as one batch takes; none where there are none.
  public mutating func take(nowMs: Int64) -> [Evidence] {
    var taken: [Evidence] = []
    var bytes = 0
    var left: [Piece] = []
    for (position, piece) in pieces.enumerated() {
      guard let place = piece.place, piece.isReady(nowMs) else {
        left.append(piece)
        continue
      }
      bytes += piece.bytes
      guard bytes <= Self.batchBytes || taken.isEmpty else {
        left += pieces[position...]
        break
      }
      heldBytes -= piece.bytes
      let record = EvidenceRecord(slot: piece.slot, startedAtMs: piece.startedAtMs)
      taken.append(
        Evidence(
          stream: place.batch.stream, sequence: place.batch.sequence, index: place.index,
          parts: piece.parts + [record.part]))
    }
    pieces = left
    return taken
  }

  /// A batch lives on under another name, or nowhere.
  public mutating func rename(_ old: BatchName, to new: BatchName?) {
    guard let new else { return drop { $0.place?.batch == old } }
    for position in pieces.indices where pieces[position].place?.batch == old {
      pieces[position].place?.batch = new
    }
  }

  /// Gives up pieces without a place whose probes began before this moment: their records were given
  /// up too.
  public mutating func forget(startedBeforeMs limitMs: Int64) {
    drop { $0.place == nil && $0.startedAtMs < limitMs }
  }

  /// Pieces that were taken could not be written.
  public mutating func lost(_ count: Int) { dropped += UInt64(max(0, count)) }

  private mutating func drop(where isUnwanted: (Piece) -> Bool) {
    let before = pieces.count
    pieces.removeAll(where: isUnwanted)
    dropped += UInt64(before - pieces.count)
    heldBytes = pieces.reduce(0) { $0 + $1.bytes }
  }
}
