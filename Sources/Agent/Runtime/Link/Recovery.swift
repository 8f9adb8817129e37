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
  public let maker: BatchMaker
  /// Results that are announced as lost.
  public let lostResults: UInt64
  /// How many records the journal gave back.
  public let recordsBrought: Int

  /// Opens the spool and the journal. Nothing that stands in them can make this fail; only a folder
  /// that can't be written does.
  public init(
    state: StateFolder, identity: Identity, limits: SpoolLimits, clock: AgentClock, log: Log
  ) throws(StateError) {
    guard let key = identity.keys.first else { throw .damaged(state.path + "/identity") }
    let nowMs = clock.nowMs()
    boot = BootID.random()
    let maker: BatchMaker
    do {
      maker = try BatchMaker(
        agent: identity.agent, keyID: key.id, keys: try AgentKeys(root: key.root))
      spool = try Spool(folder: state.spoolPath, limits: limits)
    } catch { throw .system("\(error)") }
    self.maker = maker
    var ledger = StreamLedger(live: .random(), nowMs: nowMs)
    var streams = spool.recover(boot: boot, nowMs: nowMs)
    let kept = Self.keptJournals(state.journalPath)
    var leftovers: [Journal.Sealed] = []
    for path in kept + [state.journalPath] {
      do {
        leftovers += try Journal.leftovers(path: path, recoveryStream: .random())?.sealed ?? []
      } catch { log.warning("the journal can't be read", ["reason": "\(error)"]) }
    }
    var isAllWritten = true
    var brought = 0
    var made: [BatchMaker.Made] = []
    var skips: [Loss] = []
    for sealed in leftovers {
      let name = sealed.first
      let known = streams.first { $0.id == name.stream }
      let held = Set(known?.batches.map(\.sequence) ?? [])
      let ackedUpTo = known.map { ($0.batches.first?.first ?? $0.lastAssigned + 1) - 1 } ?? 0
      let part =
        (try? maker.batches(
          of: sealed.records, from: name, stamp: sealed.stamp, nowMs: nowMs, isOfThisBoot: false))
        ?? []
      for one in part where !held.contains(one.name.sequence) && one.name.sequence > ackedUpTo {
        made.append(one)
        brought += one.body.count > 0 ? 1 : 0
      }
      if sealed.dropped > 0 {
        let sequence = (part.last?.name.sequence ?? name.sequence &- 1) &+ 1
        if !held.contains(sequence) {
          skips.append(
            Loss(
              stream: name.stream, first: sequence, last: sequence, results: sealed.dropped,
              fromMs: sealed.droppedFromMs, toMs: sealed.droppedToMs, reason: .space))
        }
      }
    }
    for one in made {
      do { try spool.append(one.body, as: one.name) } catch {
        log.error(
          "what the journal held can't be written, it is kept for the next start",
          ["reason": "\(error)"])
        isAllWritten = false
        continue
      }
      Self.add(one.batch, to: one.name.stream, &streams)
    }
    var lost: UInt64 = 0
    let stamp = BatchStamp(
      boot: boot, keyID: key.id, clockOffsetMs: 0, clockErrorMs: ResultsHeader.unknownClockError,
      assignmentRevision: 0)
    for loss in streams.flatMap(\.losses) + skips {
      guard let skip = try? maker.skip(for: loss, stamp: stamp, nowMs: nowMs) else { continue }
      spool.announce(loss, skip: skip.body)
      Self.add(skip.batch, to: loss.stream, &streams)
      lost &+= loss.results
      log.warning(
        "results were lost on disk and are announced as such",
        ["stream": "\(loss.stream)", "first": "\(loss.first)", "last": "\(loss.last)"])
    }
    for stream in streams where !stream.batches.isEmpty {
      ledger.adopt(stream.id, stream.batches, lastAssigned: stream.lastAssigned)
    }
    for trouble in spool.takeTroubles() {
      log.warning("the spool was repaired", ["reason": "\(trouble)"])
    }
    spool.sync()
    do {
      try Self.settle(
        state.journalPath, kept, mayRemove: isAllWritten, hasLeftovers: !leftovers.isEmpty, spool)
      journal = try Journal(path: state.journalPath, boot: boot)
    } catch { throw .system("\(error)") }
    if let trouble = journal.trouble {
      log.error(
        "the journal has no room on the disk: results of the last moments end with this process",
        ["reason": "\(trouble)"])
    }
    self.ledger = ledger
    lostResults = lost
    recordsBrought = brought
    log.info(
      "the spool is open",
      [
        "streams": "\(ledger.streamIDs.count - 1)", "unacked": "\(ledger.unackedCount)",
        "from_journal": "\(brought)", "bytes": "\(spool.byteCount)",
      ])
  }

  /// The journals that earlier starts kept, since what they held could not be written: the oldest
  /// first.
  private static func keptJournals(_ path: String) -> [String] {
    (1...keptLimit).map { "\(path).old\($0)" }.filter { (try? Files.status(of: $0)) ?? nil != nil }
  }

  private static let keptLimit = 4

  /// Keeps the journals whose batches are not all in files; removes those that are not needed.
  private static func settle(
    _ path: String, _ kept: [String], mayRemove: Bool, hasLeftovers: Bool, _ spool: Spool
  ) throws(SystemError) {
    guard hasLeftovers, !mayRemove || spool.isStuck else {
      for old in kept { try Files.remove(old) }
      return
    }
    var all = kept
    if try Files.status(of: path) != nil {
      let free = (1...keptLimit).map { "\(path).old\($0)" }.first { !kept.contains($0) }
      let place = free ?? "\(path).old\(keptLimit)"
      try Files.rename(path, to: place)
      if free != nil { all.append(place) }
    }
    if mayRemove { for old in all { spool.remove(onceWritten: old) } }
  }

  /// Adds a batch, and takes the hole away that it fills.
  private static func add(_ batch: Batch, to id: StreamID, _ streams: inout [StoredStream]) {
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
