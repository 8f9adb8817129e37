import AgentCore
import Linux
import Model
import OpenSSL
import Probing
import Spool
import Wire

extension Shipper {
  /// What batches say now beside their records.
  var stamp: BatchStamp {
    BatchStamp(
      boot: boot, keyID: maker.keyID, clockOffsetMs: estimate.offsetMs,
      clockErrorMs: estimate.errorMs, assignmentRevision: table.revision)
  }

  // MARK: From the journal to the spool

  /// Makes batches of the records at hand once they are due.
  func takeRecords(_ nowMs: Int64, all: Bool = false) {
    if let dueMs = journal.dueMs, all || dueMs <= nowMs { sealRecords(nowMs) }
    takeEvidence(nowMs, all: all)
  }

  /// Makes batches of the records at hand. What was due before the prober's watermark of this moment
  /// is in them or in earlier ones.
  func sealRecords(_ nowMs: Int64) {
    // First the watermark, then the records: everything due before it is in batches by now.
    let watermarkMs = prober.statistics.watermarkMs
    guard let sealed = journal.seal(as: ledger.next, stamp: stamp) else {
      return noteWatermark(watermarkMs)
    }
    guard store(sealed, nowMs) else { return }
    isSealedStored = true
    sealedWatermarkMs = watermarkMs
    clearSealed()
  }

  /// Takes a watermark over that was read before this look at the journal, where no record waits.
  private func noteWatermark(_ watermarkMs: Int64) {
    if journal.dueMs == nil, !journal.hasSealed { sealedWatermarkMs = watermarkMs }
  }

  /// Frees the journal's half once its batches are on disk, and not only in the spool's memory.
  private func clearSealed() {
    guard isSealedStored, !spool.isStuck else { return }
    journal.clearSealed()
    isSealedStored = false
  }

  /// Puts sealed records into the spool, and what was dropped beside them as a skip.
  private func store(_ sealed: Journal.Sealed, _ nowMs: Int64) -> Bool {
    do {
      let made = try maker.batches(
        of: sealed.records, from: sealed.first, stamp: sealed.stamp, nowMs: nowMs)
      // What a try before this one has stored is not stored again.
      let stream = sealed.first.stream
      let stored = ledger.lastAssigned(of: stream) ?? 0
      for one in made where one.name.sequence > stored {
        try spool.append(one.body, as: one.name)
        var batch = one.batch
        batch.floorMs = sealedWatermarkMs
        ledger.append(batch, to: stream)
        if !one.requests.isEmpty { answers[one.name] = one.requests }
        inbox.withEvidence { $0.place(one.records, in: one.name) }
      }
      let sequence = sealed.first.sequence + UInt64(made.count)
      if sealed.dropped > 0, sequence > stored {
        let loss = Loss(
          stream: stream, first: sequence, last: sequence, results: sealed.dropped,
          fromMs: sealed.droppedFromMs, toMs: sealed.droppedToMs, reason: .space)
        counters.lostResults &+= sealed.dropped
        let skip = try maker.skip(for: loss, stamp: stamp, nowMs: nowMs)
        try spool.append(skip.body, as: skip.name)
        ledger.append(skip.batch, to: stream)
      }
      return true
    } catch let error as SpoolError {
      switch error {
      case .full(let cause):
        if lastSpoolError != "\(cause)" {
          lastSpoolError = "\(cause)"
          log.error(
            "results can't be written and wait in memory: make room on the state folder's disk",
            ["reason": "\(cause)"])
        }
      }
      return false
    } catch {
      log.error("a batch could not be signed", ["reason": "\(error)"])
      return false
    }
  }

  // MARK: The spool

  /// Once a second: makes what was written durable, keeps the bounds, tells troubles.
  func tendSpool(_ nowMs: Int64) {
    guard nowMs >= schedule.tend else { return }
    schedule.tend = nowMs + 1_000
    watchWallClock(nowMs)
    noteWatermark(prober.statistics.watermarkMs)
    spool.sync()
    if journal.hasSealed { retrySealed(nowMs) }
    for loss in spool.tend(nowMs: nowMs) { announce(loss, nowMs) }
    tendEvidence(nowMs)
    forgetMoved(nowMs)
    for trouble in spool.takeTroubles() {
      let text = "\(trouble)"
      if text != lastSpoolError { log.warning("the spool had trouble", ["reason": text]) }
      lastSpoolError = text
    }
    if !spool.isStuck, journal.hasSealed == false { lastSpoolError = "" }
    if leaseEndsMs > 0, nowMs >= leaseEndsMs, !isLeaseOver, session?.isProven != true {
      isLeaseOver = true
      prober.assign([])
      log.warning(
        "the assignment's lease is over: probing rests until a collector is reached",
        ["revision": "\(table.revision)"])
    }
  }

  private func retrySealed(_ nowMs: Int64) {
    spool.flushWaiting()
    if !isSealedStored {
      guard let sealed = journal.sealed(boot: boot), store(sealed, nowMs) else { return }
      isSealedStored = true
    }
    clearSealed()
  }

  /// Announces a loss by a skip in its place.
  func announce(_ loss: Loss, _ nowMs: Int64) {
    do {
      let skip = try maker.skip(for: loss, stamp: stamp, nowMs: nowMs)
      spool.announce(loss, skip: skip.body)
      ledger.replace(in: loss.stream, with: skip.batch)
      counters.lostResults &+= loss.results &- loss.resultsToldBefore
      log.warning(
        ledger.isEvidence(loss.stream) ? "evidence was given up" : "results were given up",
        [
          "reason": "\(loss.reason)", "stream": "\(loss.stream)", "first": "\(loss.first)",
          "last": "\(loss.last)", "results": "\(loss.results)",
        ])
    } catch { log.error("a skip could not be signed", ["reason": "\(error)"]) }
  }

  // MARK: From the spool to the collector

  /// Sends what credit and order allow.
  func sendBatches(_ nowMs: Int64) {
    guard machine.maySend, let session else { return }
    if ledger.wantsNewLive(nowMs: nowMs) { ledger.openLive(.random(), nowMs: nowMs) }
    while session === self.session, session.connection.outgoingBytes < Connection.sendLimit,
      let name = ledger.toSend(nowMs: nowMs)
    {
      guard let body = spool.body(of: name) else {
        let batch = ledger.batches(of: name.stream).first { $0.sequence == name.sequence }
        announce(
          Loss(
            stream: name.stream, first: batch?.first ?? name.sequence, last: name.sequence,
            results: 0, fromMs: batch?.baseMs ?? nowMs, toMs: batch?.baseMs ?? nowMs,
            reason: .corrupt), nowMs)
        break
      }
      attempt { () throws(OpenSSLError) in try session.send(results: body) }
      ledger.sent(name, nowMs: nowMs)
      counters.sentBatches += 1
      for request in answers.removeValue(forKey: name) ?? [] {
        send(ProbeDone(id: request, stream: name.stream, sequence: name.sequence))
      }
    }
    if let oldest = ledger.oldestOutstandingMs, nowMs - oldest > 60_000 {
      lose("the collector answered no batch for a minute")
    }
  }

  /// Does what the ledger makes of an answer.
  func react(to reactions: [StreamLedger.Reaction]) {
    let nowMs = clock.nowMs()
    for reaction in reactions {
      switch reaction {
      case .acked(let stream, let committed):
        counters.ackedBatches += 1
        done(stream, committed, nowMs)
      case .openLive:
        log.warning("this stream went on elsewhere: was a snapshot of this machine restored?")
        ledger.openLive(.random(), nowMs: nowMs)
      case .restore(let stream, let first, let last): restore(stream, first, last, nowMs)
      case .move(let name): move(name, nowMs)
      case .signAnew(let name): signAnew(name, nowMs)
      case .quarantine(let name, let code): quarantine(name, code, nowMs)
      case .abandon(let stream):
        log.error("a stream is given up: not even a skip is taken", ["stream": "\(stream)"])
        ledger.abandon(stream)
      case .closeSession(let reason): lose(reason)
      }
    }
  }

  private func restore(_ stream: StreamID, _ first: UInt64, _ last: UInt64, _ nowMs: Int64) {
    let held = spool.heldBatches(of: stream, from: first, through: last, boot: boot)
    ledger.restore(in: stream, held)
    log.warning(
      "the collector has forgotten batches that it had acked",
      ["stream": "\(stream)", "first": "\(first)", "last": "\(last)", "held": "\(held.count)"])
    let missing = (held.first?.first ?? last + 1)
    guard missing > first else { return }
    announce(
      Loss(
        stream: stream, first: first, last: missing - 1, results: 0,
        fromMs: held.first?.baseMs ?? nowMs, toMs: held.first?.baseMs ?? nowMs, reason: .space),
      nowMs)
  }

  private func move(_ name: BatchName, _ nowMs: Int64) {
    if ledger.isEvidence(name.stream) { return moveEvidence(name, nowMs) }
    if name.stream == ledger.next.stream { ledger.openLive(.random(), nowMs: nowMs) }
    do {
      guard let body = spool.body(of: name),
        let made = try maker.renamed(body, to: ledger.next, nowMs: nowMs, currentBoot: boot)
      else {
        renameEvidence(about: name, to: nil, nowMs)
        ledger.remove(name)
        return
      }
      try spool.append(made.body, as: made.name)
      ledger.append(made.batch)
      renameEvidence(about: name, to: made.name, nowMs)
      hasMoved(name, nowMs)
    } catch { log.error("a batch could not be moved", ["reason": "\(error)"]) }
  }

  /// A batch lives on under another name, or nowhere.
  func hasMoved(_ name: BatchName, _ nowMs: Int64) {
    let doneThrough = ledger.remove(name)
    moved[name.stream] = max(doneThrough, moved[name.stream] ?? 0)
    forgetMoved(nowMs)
  }

  /// Takes batches that live on under another name out of the spool, once the copies are on disk:
  /// otherwise the next start would send them and move them again.
  private func forgetMoved(_ nowMs: Int64) {
    guard !moved.isEmpty, !spool.isStuck else { return }
    spool.sync()
    for (stream, sequence) in moved { done(stream, sequence, nowMs) }
    moved = [:]
    spool.writeHints()
  }

  /// Nothing of a stream up to and including a sequence is needed any more.
  private func done(_ stream: StreamID, _ sequence: UInt64, _ nowMs: Int64) {
    spool.acked(stream, sequence, nowMs: nowMs)
    kept.done(stream, sequence)
  }

  /// The number of the key that a batch names.
  func keyID(of name: BatchName) -> UInt32? {
    spool.body(of: name)?.withUnsafeBytes { try? ResultsBody(decoding: $0).header.keyID }
  }

  /// Signs a batch with the session's key. It keeps its name, so that it can't be stored twice
  /// however this process ends.
  private func signAnew(_ name: BatchName, _ nowMs: Int64) {
    guard let body = spool.body(of: name) else { return }
    do {
      guard let made = try maker.renamed(body, to: name, nowMs: nowMs, currentBoot: boot) else {
        return
      }
      spool.replace(name, with: made.body)
      log.info("a batch is signed with the key in force", ["key_id": "\(maker.keyID)"])
    } catch { log.error("a batch could not be signed", ["reason": "\(error)"]) }
  }

  private func quarantine(_ name: BatchName, _ code: Nack.Code, _ nowMs: Int64) {
    spool.quarantine(name)
    var results: UInt64 = 0
    var range = (first: nowMs, last: nowMs)
    spool.body(of: name)?.withUnsafeBytes { view in
      guard let body = try? ResultsBody(decoding: view) else { return }
      range = (body.header.baseMs, body.header.baseMs)
      guard body.header.kind == .records else { return }
      results = UInt64(body.header.count)
      var reader = body.records
      var record = RawRecord()
      while (try? reader.next(&record)) == true { range.last = record.startedAtMs }
    }
    log.error(
      "a batch can never be taken and is put aside", ["code": "\(code)", "results": "\(results)"])
    announce(
      Loss(
        stream: name.stream, first: name.sequence, last: name.sequence, results: results,
        fromMs: range.first, toMs: range.last, reason: .refused), nowMs)
  }
}
