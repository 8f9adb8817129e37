import Model
import Wire

extension StreamLedger {
  /// What an answer of the collector asks of the shell, beside sending on.
  public enum Reaction: Equatable, Sendable {
    /// Everything of the stream up to and including this sequence is stored for good, or moved.
    case acked(StreamID, UInt64)
    /// Another history of this stream exists: new batches need a new stream.
    case openLive
    /// The collector lacks what was acked, from this sequence to the first that is held: read it
    /// from what the spool keeps, or announce a skip.
    case restore(StreamID, from: UInt64, through: UInt64)
    /// The stream holds another batch of this sequence: sign this one again in the live stream.
    case move(BatchName)
    /// The key that the batch names is refused, and it was never stored: sign it anew in its place.
    case signAnew(BatchName)
    /// The batch can never succeed: put it aside and announce a skip in its place.
    case quarantine(BatchName, Nack.Code)
    /// Not even a skip is taken: give the stream up.
    case abandon(StreamID)
    /// Nothing reasonable is left to do in this session.
    case closeSession(String)
  }

  /// A session begins: what WELCOME says of the streams, and how much may be sent.
  ///
  /// - Parameter digest: that of a batch which the spool holds; `nil` for others.
  public mutating func welcomed(
    _ found: [Welcome.Stream], credit: Credit, digest: (BatchName) -> BatchDigest?
  ) -> [Reaction] {
    sessionEnded()
    set(credit)
    var reactions: [Reaction] = []
    for stream in found {
      guard let mine = streams.first(where: { $0.id == stream.id }) else { continue }
      let known =
        stream.digest == .unknown
        ? nil : digest(BatchName(stream: stream.id, sequence: stream.committed))
      if stream.committed > mine.lastAssigned || (known.map { $0 != stream.digest } ?? false) {
        // A snapshot was restored, or the machine was cloned: this stream went on elsewhere.
        change(stream.id) { $0.isForeign = true }
        if stream.id == next.stream { reactions.append(.openLive) }
        if stream.id == evidence { evidence = nil }
      } else if mine.isForeign {
        continue
      } else if stream.committed + 1 < mine.firstUnacked {
        reactions.append(
          .restore(stream.id, from: stream.committed + 1, through: mine.firstUnacked - 1))
      } else if stream.committed > 0 {
        reactions += ack(stream.id, stream.committed)
      }
    }
    return reactions
  }

  /// The session is over: everything that is not acked is to be sent again in the next.
  public mutating func sessionEnded() {
    outstanding = [:]
    for index in streams.indices {
      streams[index].nextUnsent = 0
      streams[index].isSettling = false
      streams[index].blockedUntilMs = 0
      streams[index].lastGap = nil
    }
    set(Credit(bytes: 0, batches: 0))
    forgetDrained()
  }

  /// CREDIT came.
  public mutating func credited(_ credit: Credit) { set(credit) }

  /// ACK came.
  public mutating func acked(_ answer: Ack) -> [Reaction] {
    set(answer.credit)
    guard streams.contains(where: { $0.id == answer.stream && $0.isForeign }) else {
      return ack(answer.stream, answer.committed)
    }
    // How far the collector is says nothing of the batches here but the one that it answers.
    guard
      let name = outstanding.keys.first(where: { $0.stream == answer.stream }),
      name.sequence <= answer.committed
    else { return [] }
    return [.acked(answer.stream, remove(name))]
  }

  /// NACK came.
  ///
  /// - Parameter namesOtherKey: whether a batch names another key than the session's.
  public mutating func nacked(
    _ nack: Nack, nowMs: Int64, namesOtherKey: (BatchName) -> Bool = { _ in false }
  ) -> [Reaction] {
    let name = BatchName(stream: nack.stream, sequence: nack.sequence)
    outstanding[name] = nil
    guard let stream = streams.first(where: { $0.id == nack.stream }) else { return [] }
    let batch = stream.batch(nack.sequence)
    var reactions: [Reaction] = []
    switch nack.code {
    case .gap:
      reactions = gap(nack, stream)
      change(nack.stream) {
        $0.isSettling = true
        $0.blockedUntilMs = max($0.blockedUntilMs, nowMs + Int64(nack.retryMs))
      }
    case .busy:
      change(nack.stream) {
        $0.isSettling = true
        $0.blockedUntilMs = max($0.blockedUntilMs, nowMs + Int64(max(100, nack.retryMs)))
      }
    case .fork:
      guard let batch else { break }
      change(nack.stream) { $0.isSettling = true }
      // Where a skip stood, the collector has the results after all.
      if batch.isSkip {
        remove(name)
      } else {
        reactions = [.move(name)]
      }
    case .badSignature, .malformed, .tooOld, .revoked:
      guard let batch else { break }
      change(nack.stream) { $0.isSettling = true }
      if nack.code == .badSignature, namesOtherKey(name) {
        reactions = [.signAnew(name)]
      } else {
        reactions = [batch.isSkip ? .abandon(nack.stream) : .quarantine(name, nack.code)]
      }
    case .wrongAgent:
      reactions = [.closeSession("a batch is not this agent's: \(nack.message)")]
    }
    settle(nack.stream)
    return reactions
  }

  private mutating func ack(_ id: StreamID, _ committed: UInt64) -> [Reaction] {
    guard let index = streams.firstIndex(where: { $0.id == id }) else { return [] }
    outstanding = outstanding.filter { $0.key.stream != id || $0.key.sequence > committed }
    let end = streams[index].lowerBound(committed &+ 1)
    let isNews = end > streams[index].batches.startIndex
    streams[index].batches = streams[index].batches[end...]
    streams[index].lastGap = nil
    // Batches behind it may have been moved.
    let doneThrough = max(committed, streams[index].firstUnacked - 1)
    settle(id)
    forgetDrained()
    return isNews ? [.acked(id, doneThrough)] : []
  }

  private mutating func gap(_ nack: Nack, _ stream: Stream) -> [Reaction] {
    if stream.lastGap == nack.expected, stream.firstUnacked <= nack.expected, !stream.isSettling {
      return [.closeSession("sequence \(nack.expected) is asked for again and again")]
    }
    change(nack.stream) { $0.lastGap = nack.expected }
    guard nack.expected < stream.firstUnacked, stream.lastGap != nack.expected else { return [] }
    return [.restore(nack.stream, from: nack.expected, through: stream.firstUnacked - 1)]
  }

  /// Once all that was on its way is answered, the stream goes on from its first batch.
  private mutating func settle(_ id: StreamID) {
    guard !hasOutstanding(id) else { return }
    change(id) { stream in
      guard stream.isSettling else { return }
      stream.isSettling = false
      stream.nextUnsent = 0
    }
  }
}
