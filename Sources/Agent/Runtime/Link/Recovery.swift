import AgentCore
import Linux
import Model
import OpenSSL
import Signing
import Spool
import Wire

/// What an earlier process left, brought into order: the ledger, the spool, a new journal.
public struct Recovered {
  public let boot: BootID
  public let journal: Journal
  public let spool: Spool
  public let ledger: StreamLedger
  /// Signs with the last key that a collector has welcomed.
  public let maker: BatchMaker
  let kept: KeptJournals.Notes
  /// Results that are announced as lost.
  public let lostResults: UInt64
  /// How many records the journal gave back.
  public let recordsBrought: Int

  /// Opens the spool and the journal. Nothing that stands in them can make this fail; only a folder
  /// that can't be written does.
  public init(
    state: StateFolder, identity: Identity, limits: SpoolLimits, clock: AgentClock, log: Log
  ) throws(StateError) {
    guard let key = identity.keys.last else { throw .damaged(state.path + "/identity") }
    boot = BootID.random()
    do {
      maker = try BatchMaker(
        agent: identity.agent, keyID: key.id, keys: try AgentKeys(root: key.root))
      spool = try Spool(folder: state.spoolPath, limits: limits)
    } catch { throw .system("\(error)") }
    let journals = KeptJournals(path: state.journalPath)
    var recovery = Recovery(
      spool: spool, maker: maker, boot: boot, nowMs: clock.nowMs(), log: log,
      leftovers: journals.leftovers(log: log))
    recovery.putAsideForeign()
    recovery.bringBack()
    recovery.announceLosses()
    for trouble in spool.takeTroubles() {
      log.warning("the spool was repaired", ["reason": "\(trouble)"])
    }
    spool.sync()
    do {
      let isFree = try journals.settle(
        mayRemove: recovery.isAllWritten, hasLeftovers: recovery.hasLeftovers, spool)
      kept = journals.notes(of: recovery.leftStreams, isFree: isFree)
      if isFree {
        journal = try Journal(path: state.journalPath, boot: boot, agent: identity.agent)
      } else {
        journal = try Journal(
          inMemoryFor: KeptJournals.noPlace, boot: boot, agent: identity.agent)
      }
    } catch { throw .system("\(error)") }
    if let trouble = journal.trouble {
      log.error(
        "the journal has no room on the disk: results of the last moments end with this process",
        ["reason": "\(trouble)"])
    }
    ledger = recovery.ledger
    lostResults = recovery.lostResults
    recordsBrought = recovery.recordsBrought
    log.info(
      "the spool is open",
      [
        "streams": "\(ledger.streamIDs.count - 1)", "unacked": "\(ledger.unackedCount)",
        "from_journal": "\(recordsBrought)", "bytes": "\(spool.byteCount)",
      ])
  }
}

/// The steps of `Recovered.init`, in their order.
private struct Recovery {
  let spool: Spool
  let maker: BatchMaker
  let boot: BootID
  let nowMs: Int64
  let log: Log
  /// The oldest first.
  var leftovers: [Journal.Leftovers]
  var streams: [StoredStream]
  var skips: [Loss] = []
  var isAllWritten = true
  var recordsBrought = 0
  var lostResults: UInt64 = 0

  init(
    spool: Spool, maker: BatchMaker, boot: BootID, nowMs: Int64, log: Log,
    leftovers: [Journal.Leftovers]
  ) {
    self.spool = spool
    self.maker = maker
    self.boot = boot
    self.nowMs = nowMs
    self.log = log
    self.leftovers = leftovers
    streams = spool.recover(boot: boot, nowMs: nowMs)
  }

  var leftStreams: Set<StreamID> { Set(leftovers.flatMap(\.sealed).map(\.first.stream)) }

  var hasLeftovers: Bool { leftovers.contains { !$0.sealed.isEmpty } }

  var ledger: StreamLedger {
    var ledger = StreamLedger(live: .random(), nowMs: nowMs)
    for stream in streams where !stream.batches.isEmpty {
      ledger.adopt(
        stream.id, stream.batches, lastAssigned: stream.lastAssigned,
        isEvidence: stream.isEvidence)
    }
    return ledger
  }

  /// Puts aside what another agent left in this folder: nothing of it may be signed or sent by this
  /// one, not even the word that it was lost. A stream that tells nothing of its owner is taken to be
  /// of the agent that the last journal names.
  mutating func putAsideForeign() {
    let agent = maker.agent
    let last = leftovers.last?.agent
    var found = 0
    var batches = 0
    for stream in streams where !stream.batches.isEmpty || !stream.losses.isEmpty {
      guard (spool.owner(of: stream.id) ?? last) != agent else { continue }
      found += 1
      batches += stream.batches.count
      spool.putAside(stream.id)
      streams.removeAll { $0.id == stream.id }
    }
    var records: UInt64 = 0
    for left in leftovers where left.agent != agent {
      for sealed in left.sealed {
        records &+= UInt64(sealed.records.count) &+ sealed.dropped
        spool.putAside(sealed, of: left.agent)
      }
    }
    leftovers.removeAll { $0.agent != agent }
    guard found > 0 || records > 0 else { return }
    log.warning(
      "results of another agent, or of none that can be told, were left in this folder: they are "
        + "never sent, but put aside in the spool's quarantine as far as that has room",
      [
        "streams": "\(found)", "batches": "\(batches)",
        "records_of_the_journal": "\(records)",
      ])
  }

  /// Makes batches of what the journals hold and the spool does not.
  mutating func bringBack() {
    for sealed in leftovers.flatMap(\.sealed) { bringBack(sealed) }
  }

  private mutating func bringBack(_ sealed: Journal.Sealed) {
    let name = sealed.first
    let known = streams.first { $0.id == name.stream }
    let held = Set(known?.batches.map(\.sequence) ?? [])
    // A loss may be a file that was made for one of these batches and got nothing: not acked either.
    let unacked = known.map { $0.batches.map(\.first) + $0.losses.map(\.first) } ?? []
    let ackedUpTo = max(
      known.map { (unacked.min() ?? $0.lastAssigned + 1) - 1 } ?? 0, sealed.doneThrough)
    let made: [BatchMaker.Made]
    do {
      made = try maker.batches(
        of: sealed.records, from: name, stamp: sealed.stamp, nowMs: nowMs, isOfThisBoot: false)
      for one in made where !held.contains(one.name.sequence) {
        guard one.name.sequence > ackedUpTo else { continue }
        try spool.append(one.body, as: one.name)
        add(one.batch, to: name.stream)
        recordsBrought += one.body.withUnsafeBytes { view in
          (try? ResultsBody(decoding: view)).map { $0.header.count } ?? 0
        }
      }
    } catch {
      // What follows in this stream waits as well: a gap would be taken for a loss.
      log.error(
        "what the journal held can't be written, it is kept for the next start",
        ["reason": "\(error)"])
      isAllWritten = false
      return
    }
    let sequence = name.sequence &+ UInt64(made.count)
    guard sealed.dropped > 0, sequence > ackedUpTo, !held.contains(sequence) else { return }
    skips.append(
      Loss(
        stream: name.stream, first: sequence, last: sequence, results: sealed.dropped,
        fromMs: sealed.droppedFromMs, toMs: sealed.droppedToMs, reason: .space))
  }

  /// Announces what was found to be lost.
  mutating func announceLosses() {
    let stamp = BatchStamp(
      boot: boot, keyID: maker.keyID, clockOffsetMs: 0,
      clockErrorMs: ResultsHeader.unknownClockError, assignmentRevision: 0)
    for loss in streams.flatMap(\.losses) + skips {
      guard let skip = try? maker.skip(for: loss, stamp: stamp, nowMs: nowMs) else { continue }
      spool.announce(loss, skip: skip.body)
      var batch = skip.batch
      batch.isOfThisBoot = false
      add(batch, to: loss.stream)
      lostResults &+= loss.results
      log.warning(
        "results were lost on disk and are announced as such",
        ["stream": "\(loss.stream)", "first": "\(loss.first)", "last": "\(loss.last)"])
    }
  }

  /// Adds a batch, and takes the hole away that it fills.
  private mutating func add(_ batch: Batch, to id: StreamID) {
    if let index = streams.firstIndex(where: { $0.id == id }) {
      streams[index].batches.append(batch)
      streams[index].batches.sort { $0.sequence < $1.sequence }
      streams[index].lastAssigned = max(streams[index].lastAssigned, batch.sequence)
      streams[index].losses.removeAll {
        batch.first <= $0.first && $0.last <= batch.sequence
      }
    } else {
      streams.append(
        StoredStream(
          id: id, batches: [batch], lastAssigned: batch.sequence, losses: [], isTorn: false))
    }
  }
}
