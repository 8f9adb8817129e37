import Model
import Wire

/// Evidence in the ledger: a stream of its own beside the live one, that never holds results up.
extension StreamLedger {
  /// Where the next batch of evidence goes; `nil` where no stream is open for it.
  public var nextEvidence: BatchName? {
    guard let evidence, let stream = streams.first(where: { $0.id == evidence }) else { return nil }
    return BatchName(stream: evidence, sequence: stream.lastAssigned + 1)
  }

  /// Opens another stream for evidence, which nobody has heard of; the last drains like backlog.
  public mutating func openEvidence(_ id: StreamID, nowMs: Int64) {
    var stream = Stream(id: id, openedMs: nowMs)
    stream.isEvidence = true
    streams.insert(stream, at: streams.count - 1)
    evidence = id
    forgetDrained()
  }

  /// Whether a stream's batches are evidence.
  public func isEvidence(_ stream: StreamID) -> Bool {
    streams.contains { $0.id == stream && $0.isEvidence }
  }

  /// The batch of evidence to send now. It goes when no result waits to be sent, and when the
  /// records that it is about are stored.
  func evidenceToSend(nowMs: Int64) -> BatchName? {
    guard streams.allSatisfy({ $0.isEvidence || $0.unsent.isEmpty }) else { return nil }
    for stream in streams where stream.isEvidence && !mustWait(stream) {
      guard let batch = stream.sendable(nowMs), !waitsForRecords(batch) else { continue }
      guard fits(batch, within: 2) else { return nil }
      return BatchName(stream: stream.id, sequence: batch.sequence)
    }
    return nil
  }

  private func waitsForRecords(_ batch: Batch) -> Bool {
    batch.about.contains { span in
      streams.contains { $0.id == span.stream && $0.firstUnacked <= span.last }
    }
  }

  /// The batches of evidence that may be about a record of a batch; none of them has been sent while
  /// that is not acked.
  public func evidence(about name: BatchName) -> [BatchName] {
    streams.filter(\.isEvidence).flatMap { stream in
      stream.batches.filter { batch in batch.about.contains { $0.holds(name) } }
        .map { BatchName(stream: stream.id, sequence: $0.sequence) }
    }
  }

  /// A batch of evidence stands in its place in another form.
  public mutating func replaceEvidence(_ name: BatchName, with other: Batch) {
    change(name.stream) { stream in
      guard let index = stream.batches.firstIndex(where: { $0.sequence == name.sequence }) else {
        return
      }
      stream.batches[index] = other
    }
  }
}

/// Batches of one stream, from one sequence through another.
public struct BatchSpan: Hashable, Sendable {
  public var stream: StreamID
  public var first: UInt64
  public var last: UInt64

  public init(stream: StreamID, first: UInt64, last: UInt64) {
    self.stream = stream
    self.first = first
    self.last = last
  }

  func holds(_ name: BatchName) -> Bool {
    name.stream == stream && first <= name.sequence && name.sequence <= last
  }

  /// The spans that hold these batches, one a stream.
  public static func spans(of names: some Sequence<BatchName>) -> [BatchSpan] {
    var spans: [BatchSpan] = []
    for name in names {
      if let index = spans.firstIndex(where: { $0.stream == name.stream }) {
        spans[index].first = min(spans[index].first, name.sequence)
        spans[index].last = max(spans[index].last, name.sequence)
      } else {
        spans.append(BatchSpan(stream: name.stream, first: name.sequence, last: name.sequence))
      }
    }
    return spans
  }
}
