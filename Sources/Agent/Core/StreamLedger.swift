import Model
import Wire

/// Which batches exist, which are sent, which are acked, and what to send next.
///
/// Streams stand in order of their age; the last is the live one, which alone takes new batches of
/// results. The others are backlog and drain with at most half the credit, and so do streams of
/// evidence, after all results. The ledger holds no batch's bytes; it names batches, and the spool
/// has them.
public struct StreamLedger: Sendable {
  /// A live stream whose oldest batch waits this long becomes backlog.
  public static let backlogMs: Int64 = 30_000

  var streams: [Stream]
  var outstanding: [BatchName: Outstanding] = [:]
  private(set) var credit = Credit(bytes: 0, batches: 0)
  /// The stream that new batches of evidence go to; `nil` until one is opened.
  var evidence: StreamID?

  /// - Parameter live: a stream that nobody has heard of, for what comes.
  public init(live: StreamID, nowMs: Int64) {
    streams = [Stream(id: live, openedMs: nowMs)]
  }

  // MARK: What there is

  /// The stream that new batches go to, and the sequence of the next.
  public var next: BatchName {
    let live = streams[streams.count - 1]
    return BatchName(stream: live.id, sequence: live.lastAssigned + 1)
  }

  /// Batches that are not acked.
  public var unackedCount: Int { streams.reduce(0) { $0 + $1.batches.count } }

  /// Batches that are sent and not answered.
  public var outstandingCount: Int { outstanding.count }

  /// When the oldest batch was sent that is not answered.
  public var oldestOutstandingMs: Int64? { outstanding.values.map(\.sentMs).min() }

  /// All streams, oldest first.
  public var streamIDs: [StreamID] { streams.map(\.id) }

  /// The batches of a stream that are not acked.
  public func batches(of stream: StreamID) -> [Batch] {
    streams.first { $0.id == stream }.map { Array($0.batches) } ?? []
  }

  /// What the watermark must not pass: the least floor among the batches of this process that are
  /// not acked. Evidence holds it up by nothing.
  public var unackedFloorMs: Int64? {
    streams.filter { !$0.isEvidence }.compactMap { stream in
      stream.batches.lazy.filter(\.isOfThisBoot).map(\.floorMs).min()
    }.min()
  }

  /// What AUTH says: at most fifteen streams with unacked batches, those of results before those of
  /// evidence, each oldest first, then the live one.
  public var forAuth: [Auth.Stream] {
    let waiting = streams.dropLast().filter { !$0.batches.isEmpty }
    let backlog = waiting.filter { !$0.isEvidence } + waiting.filter(\.isEvidence)
    return (backlog.prefix(Auth.streamLimit - 1) + streams.suffix(1)).map {
      Auth.Stream(id: $0.id, firstUnacked: $0.firstUnacked, lastAssigned: $0.lastAssigned)
    }
  }

  // MARK: What is added

  /// Adds a stream that an earlier process left behind, in front of the live one.
  public mutating func adopt(
    _ id: StreamID, _ batches: [Batch], lastAssigned: UInt64, isEvidence: Bool = false
  ) {
    var stream = Stream(id: id, openedMs: 0)
    stream.isEvidence = isEvidence
    stream.batches = batches[...]
    stream.lastAssigned = lastAssigned
    streams.insert(stream, at: streams.count - 1)
  }

  /// Adds the batch that was spooled as `next`, or a skip that covers up to and beyond it.
  public mutating func append(_ batch: Batch) {
    append(batch, to: next.stream)
  }

  /// Adds the batch that was spooled at the end of a stream; one that was forgotten comes back.
  public mutating func append(_ batch: Batch, to id: StreamID) {
    if lastAssigned(of: id) == nil { adopt(id, [], lastAssigned: batch.first - 1) }
    change(id) { stream in
      stream.batches.append(batch)
      stream.lastAssigned = batch.sequence
    }
  }

  /// The highest sequence given in a stream; `nil` for one that is not known, or drained.
  public func lastAssigned(of stream: StreamID) -> UInt64? {
    streams.first { $0.id == stream }?.lastAssigned
  }

  /// Opens another live stream; the last becomes backlog.
  public mutating func openLive(_ id: StreamID, nowMs: Int64) {
    streams.append(Stream(id: id, openedMs: nowMs))
    forgetDrained()
  }

  /// Whether live results should have a stream of their own: the present one has fallen behind.
  public func wantsNewLive(nowMs: Int64) -> Bool {
    guard let live = streams.last, let first = live.batches.first else { return false }
    let count = streams.count { !$0.isEvidence }
    return count < Auth.streamLimit && live.openedMs + Self.backlogMs < nowMs
      && first.assignedMs + Self.backlogMs < nowMs
  }

  /// A skip stands in the place of all batches of `stream` from its first sequence to its last.
  public mutating func replace(in stream: StreamID, with skip: Batch) {
    change(stream) { stream in
      var skip = skip
      let covered = stream.batches.filter {
        skip.first <= $0.first && $0.sequence <= skip.sequence
      }
      if let floorMs = covered.map(\.floorMs).min() {
        skip.floorMs = floorMs
        skip.isOfThisBoot = covered.contains(where: \.isOfThisBoot)
      }
      let before = stream.batches.prefix { $0.sequence < skip.first }
      let after = stream.batches.drop { $0.first <= skip.sequence }
      stream.batches = (before + [skip] + after)[...]
      stream.lastAssigned = max(stream.lastAssigned, skip.sequence)
      stream.nextUnsent = min(stream.nextUnsent, skip.first)
    }
  }

  /// Takes back batches that had been acked, since the collector has forgotten them.
  public mutating func restore(in stream: StreamID, _ batches: [Batch]) {
    change(stream) { stream in
      let known = Set(stream.batches.map(\.sequence))
      stream.batches =
        (batches.filter { !known.contains($0.sequence) } + stream.batches)
        .sorted { $0.sequence < $1.sequence }[...]
      stream.nextUnsent = 0
    }
  }

  /// The batch lives on in another stream, or nowhere. Gives the sequence up to which nothing of its
  /// stream is left.
  @discardableResult
  public mutating func remove(_ name: BatchName) -> UInt64 {
    outstanding[name] = nil
    var doneThrough = name.sequence
    change(name.stream) { stream in
      stream.batches.removeAll { $0.sequence == name.sequence }
      doneThrough = stream.firstUnacked - 1
    }
    forgetDrained()
    return doneThrough
  }

  /// Gives a whole stream up.
  public mutating func abandon(_ stream: StreamID) {
    guard stream != next.stream else { return }
    outstanding = outstanding.filter { $0.key.stream != stream }
    streams.removeAll { $0.id == stream }
    if stream == evidence { evidence = nil }
  }

  // MARK: Sending

  /// The batch to send now, or `nil` where credit, order or lack of batches forbid it.
  public func toSend(nowMs: Int64) -> BatchName? {
    guard credit.batches > 0, credit.bytes > 0, let live = streams.last else { return nil }
    if !mustWait(live), let batch = live.sendable(nowMs), fits(batch, within: 1) {
      return BatchName(stream: live.id, sequence: batch.sequence)
    }
    for stream in streams.dropLast() where !stream.isEvidence {
      guard !mustWait(stream), let batch = stream.sendable(nowMs) else { continue }
      guard fits(batch, within: 2) else { return nil }
      return BatchName(stream: stream.id, sequence: batch.sequence)
    }
    return evidenceToSend(nowMs: nowMs)
  }

  /// When a stream that waits may send again; `nil` where none waits.
  public func wakeAtMs(nowMs: Int64) -> Int64? {
    streams.filter { !$0.unsent.isEmpty && $0.blockedUntilMs > nowMs }
      .map(\.blockedUntilMs).min()
  }

  /// The batch was sent.
  public mutating func sent(_ name: BatchName, nowMs: Int64) {
    guard let index = streams.firstIndex(where: { $0.id == name.stream }),
      let batch = streams[index].batch(name.sequence)
    else { return }
    outstanding[name] = Outstanding(
      bytes: batch.bytes, sentMs: nowMs, isLive: index == streams.count - 1)
    streams[index].nextUnsent = name.sequence + 1
  }

  func fits(_ batch: Batch, within share: Int) -> Bool {
    let others = share == 1 ? Array(outstanding.values) : outstanding.values.filter { !$0.isLive }
    let allBytes = outstanding.values.reduce(0) { $0 + $1.bytes }
    if outstanding.isEmpty { return true }
    guard outstanding.count < Int(credit.batches), allBytes + batch.bytes <= Int(credit.bytes)
    else { return false }
    if share == 1 || others.isEmpty { return true }
    let bytes = others.reduce(0) { $0 + $1.bytes }
    return others.count < max(1, Int(credit.batches) / share)
      && bytes + batch.bytes <= Int(credit.bytes) / share
  }

  // MARK: Helpers

  /// Of a stream that went on elsewhere one batch after another is sent, so that each answer is
  /// known to be this batch's.
  func mustWait(_ stream: Stream) -> Bool {
    stream.isForeign && hasOutstanding(stream.id)
  }

  func hasOutstanding(_ stream: StreamID) -> Bool {
    outstanding.keys.contains { $0.stream == stream }
  }

  mutating func change(_ id: StreamID, _ body: (inout Stream) -> Void) {
    guard let index = streams.firstIndex(where: { $0.id == id }) else { return }
    body(&streams[index])
  }

  mutating func set(_ credit: Credit) { self.credit = credit }

  /// Drops backlog streams that have nothing left.
  mutating func forgetDrained() {
    let live = next.stream
    let busy = Set(outstanding.keys.map(\.stream))
    streams.removeAll {
      $0.batches.isEmpty && $0.id != live && $0.id != evidence && !busy.contains($0.id)
    }
  }

  struct Outstanding: Equatable, Sendable {
    var bytes: Int
    var sentMs: Int64
    var isLive: Bool
  }

  struct Stream: Sendable {
    var id: StreamID
    var openedMs: Int64
    /// Whether its batches are evidence, and not results.
    var isEvidence = false
    /// Those that are not acked, by sequence.
    var batches: ArraySlice<Batch> = []
    var lastAssigned: UInt64 = 0
    /// Batches from this sequence on were not sent in this session.
    var nextUnsent: UInt64 = 0
    var blockedUntilMs: Int64 = 0
    /// A batch was not taken: nothing is sent until all that are on their way are answered.
    var isSettling = false
    /// It went on elsewhere, so that what the collector has of it may not be what is here.
    var isForeign = false
    /// The sequence that was asked for by the last GAP.
    var lastGap: UInt64?

    init(id: StreamID, openedMs: Int64) {
      self.id = id
      self.openedMs = openedMs
    }

    var firstUnacked: UInt64 { batches.first?.first ?? lastAssigned + 1 }

    var unsent: ArraySlice<Batch> { batches[lowerBound(nextUnsent)...] }

    func batch(_ sequence: UInt64) -> Batch? {
      let position = lowerBound(sequence)
      guard position < batches.endIndex, batches[position].sequence == sequence else { return nil }
      return batches[position]
    }

    func sendable(_ nowMs: Int64) -> Batch? {
      isSettling || blockedUntilMs > nowMs ? nil : unsent.first
    }

    /// Where the first batch of at least this sequence stands.
    func lowerBound(_ sequence: UInt64) -> Int {
      var low = batches.startIndex
      var high = batches.endIndex
      while low < high {
        let middle = (low + high) / 2
        if batches[middle].sequence < sequence { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }
}

/// A batch's stream and its place there.
public struct BatchName: Hashable, Sendable {
  public var stream: StreamID
  public var sequence: UInt64

  public init(stream: StreamID, sequence: UInt64) {
    self.stream = stream
    self.sequence = sequence
  }
}

/// What the ledger knows of one batch.
public struct Batch: Hashable, Sendable {
  /// The header's: of a skip, the last that it covers.
  public var sequence: UInt64
  /// Of a skip, the first that it covers; else `sequence`.
  public var first: UInt64
  /// Of the whole body.
  public var bytes: Int
  /// Agent time of the first record, in milliseconds.
  public var baseMs: Int64
  /// The watermark that holds while this batch is not acked, in milliseconds of agent time.
  public var floorMs: Int64
  /// When it was made, in milliseconds of agent time.
  public var assignedMs: Int64
  public var isSkip: Bool
  /// Whether its records were made by this process.
  public var isOfThisBoot: Bool
  /// Of evidence, the batches that must be stored before it: those whose records it is about.
  public var about: [BatchSpan] = []

  public init(
    sequence: UInt64, first: UInt64? = nil, bytes: Int, baseMs: Int64, assignedMs: Int64,
    isSkip: Bool = false, isOfThisBoot: Bool = true
  ) {
    self.sequence = sequence
    self.first = first ?? sequence
    self.bytes = bytes
    self.baseMs = baseMs
    floorMs = baseMs - 1
    self.assignedMs = assignedMs
    self.isSkip = isSkip
    self.isOfThisBoot = isOfThisBoot
  }
}
