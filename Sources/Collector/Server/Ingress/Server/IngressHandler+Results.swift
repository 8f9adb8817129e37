import Logging
import Model
import NIOCore
import Signing
import Store
import Wire

// The way of a RESULTS frame: agent, credit, signature, content, then into the writer.
extension IngressHandler {
  /// Takes a RESULTS body whose frame's tag is right. `false` where it must wait for the store.
  func takeResults(
    _ bytes: UnsafeRawBufferPointer, byteCount: Int, _ live: LiveLink
  ) throws(FrameError) -> Bool {
    if let directives = live.session.foreign(bytes) {
      perform(directives)
      return true
    }
    let body: ResultsBody
    do throws(WireError) {
      body = try ResultsBody(decoding: bytes)
    } catch {
      perform(try live.session.undecodable(bytes))
      return true
    }
    let header = body.header
    switch live.session.admit(header, byteCount: byteCount) {
    case .refuse(let directives):
      perform(directives)
    case .unknownStream:
      openStream(header, live)
      return false
    case .take(let number, let streamKey, let root):
      guard (try? live.code(root).verify(body)) == true,
        let digest = try? BatchDigest(of: bytes)
      else {
        settle(number, header, byteCount, .refusal(.badSignature, message: "wrong signature"))
        return true
      }
      let now = core.now()
      let clock = ResultsIntake.Clock(
        wallMs: now.wallMs,
        agentMs: live.session.agentMs(at: now, clockOffsetMs: header.clockOffsetMs))
      switch live.intake.take(body, streamKey: streamKey, at: clock) {
      case .content(let content, let rejected):
        submit(content, header, digest, streamKey, number, byteCount, rejected, live)
      case .unknownSlots(let slots):
        live.session.retract(number, byteCount: byteCount)
        learn(slots, live)
        return false
      case .malformed(let error):
        settle(number, header, byteCount, .refusal(.malformed, message: error.description))
      }
    }
    return true
  }

  private func submit(
    _ content: IngestBatch.Content, _ header: ResultsHeader, _ digest: BatchDigest,
    _ streamKey: Int64, _ number: UInt64, _ byteCount: Int, _ rejected: Int, _ live: LiveLink
  ) {
    guard let loop = context?.eventLoop else { return }
    let me = NIOLoopBound(self, eventLoop: loop)
    let awaited = core.awaited
    awaited.enter()
    let place = IngestBatch.Place(
      agentKey: live.session.agent.key, generation: live.session.generation,
      streamKey: streamKey, sequence: Int64(clamping: header.sequence))
    let batch = IngestBatch(
      place: place,
      header: IngestBatch.Header(
        digest: digest.value, boot: header.boot, baseMs: header.baseMs,
        clockOffsetMs: header.clockOffsetMs),
      content: content
    ) { outcome in
      loop.execute {
        awaited.leave()
        me.value.settle(
          number, header, byteCount, LiveSession.BatchEnd(outcome, rejected: rejected))
        me.value.flush()
      }
    }
    core.writer.submit(batch)
  }

  private func settle(
    _ number: UInt64, _ header: ResultsHeader, _ byteCount: Int, _ end: LiveSession.BatchEnd
  ) {
    guard let live, !isClosing else { return }
    switch end {
    case .stored: break
    // Whatever the batch would have told the quorum may be lost with it: it is told again.
    case .refused, .fenced, .unknown: live.intake.slots.forgetTold()
    }
    perform(live.session.settled(number, header, byteCount: byteCount, end))
  }

  private func openStream(_ header: ResultsHeader, _ live: LiveLink) {
    let agentKey = live.session.agent.key
    let id = header.stream
    suspend()
    ask({ _, connection in try Streams.open([id], agentKey: agentKey, connection) }) {
      (handler, result) in
      guard let live = handler.live else { return }
      switch result {
      case .success(let positions):
        if let position = positions.first ?? nil {
          live.session.streamOpened(
            id, key: position.key, committed: UInt64(max(0, position.committed)))
          handler.resume()
        } else {
          handler.perform(live.session.foreignStream(header))
        }
      case .failure: handler.storeFailed()
      }
    }
  }

  private func learn(_ slots: Set<UInt64>, _ live: LiveLink) {
    let agentKey = live.session.agent.key
    suspend()
    ask({ store, connection in
      try store.owners(of: slots, agentKey: agentKey, connection)
    }) { handler, result in
      guard let live = handler.live else { return }
      switch result {
      case .success(let places):
        live.intake.slots.learn(places, asked: slots)
        handler.resume()
      case .failure: handler.storeFailed()
      }
    }
  }
}

extension LiveSession.BatchEnd {
  /// What the writer says of a batch, of which `rejected` records were not acceptable.
  init(_ outcome: IngestOutcome, rejected: Int) {
    switch outcome {
    case .committed(let upTo):
      self = .stored(committed: UInt64(max(0, upTo)), rejected: rejected)
    case .duplicate(let committed):
      self = .stored(committed: UInt64(max(0, committed)), rejected: 0)
    case .fork(let committed):
      self = .refusal(
        .fork, committed: committed, message: "another batch of this sequence is stored")
    case .gap(let committed):
      self = .refusal(.gap, committed: committed, message: "batches before it are missing")
    case .fenced: self = .fenced
    case .refused:
      self = .refusal(.malformed, message: "the store can't hold this batch")
    case .busy(let retryMs):
      self = .refusal(.busy, retryMs: retryMs, message: "the store can't take it now")
    case .unknown: self = .unknown
    }
  }

  static func refusal(
    _ code: Nack.Code, committed: Int64? = nil, retryMs: UInt32 = 0, message: String
  ) -> Self {
    .refused(
      code, committed: committed.map { UInt64(max(0, $0)) }, retryMs: retryMs, message: message)
  }
}
