import AgentCore
import Linux
import Model
import Wire

extension Spool {
  /// Removes files whose batches were all acked long enough ago, and streams that have none left.
  func removeAcked(nowMs: Int64) {
    for (id, stream) in streams {
      var changed = stream
      // The last file closes with the next batch; until then it counts as acked from now on.
      changed.markAcked(nowMs: nowMs == Int64.max ? 0 : nowMs)
      for (number, file) in changed.files {
        guard let ackedMs = file.ackedMs, nowMs - ackedMs >= limits.keepAckedMs else { continue }
        attempt { () throws(SystemError) in try Files.remove(file.path) }
        changed.forget(number)
      }
      if changed.files.isEmpty, changed.entries.isEmpty, !isWaiting(id) {
        attempt { () throws(SystemError) in
          try Files.remove(path(of: id) + "/acked")
          try Files.removeFolder(path(of: id))
        }
        streams[id] = nil
      } else {
        streams[id] = changed
      }
    }
  }

  private func isWaiting(_ stream: StreamID) -> Bool {
    waiting.contains { $0.name.stream == stream }
  }

  /// Names the oldest whole segments that must go: for their age, for the spool's size, or since the
  /// disk has no room. What is acked goes first, then evidence, then results; evidence alone goes for
  /// its own bound. The segments that are being written stay.
  func drop(nowMs: Int64, isSpaceShort: Bool) -> [Loss] {
    var candidates = streams.flatMap { id, stream in
      stream.files.compactMap { number, file in
        file.isOpen ? nil : Candidate(id, stream, number, file)
      }
    }
    candidates.sort { ($0.rank, $0.newestMs, $0.last) < ($1.rank, $1.newestMs, $1.last) }
    var excess = byteCount - limits.bytes
    var evidenceExcess = self.evidenceExcess
    var mayDropForSpace = isSpaceShort
    var losses: [Loss] = []
    for candidate in candidates {
      let reason: Skip.Reason
      if nowMs - candidate.newestMs > limits.ageMs {
        reason = .age
      } else if excess > 0 || (candidate.isEvidence && evidenceExcess > 0) {
        reason = .space
      } else if mayDropForSpace {
        // One a call: the room is looked at again before the next goes.
        mayDropForSpace = false
        reason = .space
      } else {
        continue
      }
      guard !candidate.isSkipAlone else { continue }
      excess -= candidate.size
      if candidate.isEvidence { evidenceExcess -= candidate.size }
      if candidate.isAcked {
        attempt { () throws(SystemError) in try Files.remove(candidate.path) }
        streams[candidate.stream]?.forget(candidate.number)
        continue
      }
      losses.append(loss(candidate, reason))
    }
    return losses
  }

  /// The whole of a file as a loss, with the skips for the same reason that stand right before it.
  private func loss(_ candidate: Candidate, _ reason: Skip.Reason) -> Loss {
    var loss = Loss(
      stream: candidate.stream, first: candidate.first, last: candidate.last, results: 0,
      fromMs: candidate.oldestMs, toMs: candidate.newestMs, reason: reason)
    guard let stream = streams[candidate.stream] else { return loss }
    for entry in stream.entries
    where entry.first >= candidate.first && entry.sequence <= candidate.last {
      add(entry, of: candidate.stream, to: &loss)
    }
    while let before = stream.entries.last(where: { $0.sequence + 1 == loss.first }),
      before.isSkip, before.sequence > stream.acked,
      let skip = skip(BatchName(stream: candidate.stream, sequence: before.sequence)),
      skip.reason == reason
    {
      loss.first = skip.first
      loss.results &+= skip.results
      loss.resultsToldBefore &+= skip.results
      loss.fromMs = min(loss.fromMs, skip.fromMs)
    }
    return loss
  }

  private func add(_ entry: Entry, of stream: StreamID, to loss: inout Loss) {
    let name = BatchName(stream: stream, sequence: entry.sequence)
    if entry.isSkip {
      let told = skip(name)?.results ?? 0
      loss.results &+= told
      loss.resultsToldBefore &+= told
    } else if let body = body(of: name) {
      loss.results &+= body.withUnsafeBytes { view in
        guard let results = try? ResultsBody(decoding: view),
          results.header.kind == .records
        else { return 0 }
        return UInt64(results.header.count)
      }
    }
  }

  /// The skip that a batch announces.
  func skip(_ name: BatchName) -> Skip? {
    body(of: name)?.withUnsafeBytes { view -> Skip? in
      guard let results = try? ResultsBody(decoding: view), results.header.kind == .skip else {
        return nil
      }
      var reader = ByteReader(results.content)
      return try? Skip(from: &reader)
    }
  }

  /// A file that might go.
  private struct Candidate {
    var stream: StreamID
    var number: Int
    var path: String
    var size: Int
    var first: UInt64
    var last: UInt64
    var oldestMs: Int64
    var newestMs: Int64
    var isAcked: Bool
    var isEvidence: Bool
    /// Dropping a skip would gain nothing.
    var isSkipAlone: Bool

    /// Which go first: those that cost nothing, then evidence.
    var rank: Int { isAcked ? 0 : isEvidence ? 1 : 2 }

    init?(_ id: StreamID, _ stream: StreamFiles, _ number: Int, _ file: SegmentFile) {
      let entries = stream.entries.filter { $0.file == number }
      guard let head = entries.first, let end = entries.last else { return nil }
      self.stream = id
      self.number = number
      path = file.path
      size = file.size
      first = head.first
      last = end.sequence
      oldestMs = entries.map(\.baseMs).min() ?? head.baseMs
      newestMs = entries.map(\.baseMs).max() ?? end.baseMs
      isAcked = end.sequence <= stream.acked
      isEvidence = stream.isEvidence
      isSkipAlone = entries.count == 1 && head.isSkip
    }
  }
}
