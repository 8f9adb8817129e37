import AgentCore
import Model
import OpenSSL
import Spool
import Wire

/// Evidence: from memory to the spool once its records are in batches, and along with these when
/// they move.
extension Shipper {
  /// Once so much waits, what has a place is written before its second is over.
  private static let hurryBytes = 48 << 10
  /// A probe that began so long ago and has no record by now will have none, in milliseconds.
  private static let patienceMs: Int64 = 600_000

  /// Writes evidence at once, where much of it waits or the end has come.
  func takeEvidence(_ nowMs: Int64, all: Bool) {
    let isDue = inbox.withEvidence { shelf in
      !shelf.isEmpty && (all || shelf.readyBytes(nowMs: nowMs) >= Self.hurryBytes)
    }
    if isDue { writeEvidence(nowMs, all: all) }
  }

  /// Once a second: writes what has a place, and gives up what will never have one.
  func tendEvidence(_ nowMs: Int64) {
    guard inbox.withEvidence({ !$0.isEmpty }) else { return }
    if journal.dueMs == nil, !journal.hasSealed {
      inbox.withEvidence { $0.forget(startedBeforeMs: nowMs - Self.patienceMs) }
    }
    writeEvidence(nowMs)
  }

  /// - Parameter all: also what still waits for its trace.
  private func writeEvidence(_ nowMs: Int64, all: Bool = false) {
    // Without room it waits in memory, which has its own bound.
    while spool.hasRoom(forEvidence: Batcher.byteLimit) {
      let pieces = inbox.withEvidence { $0.take(nowMs: all ? .max : nowMs) }
      guard !pieces.isEmpty else { return }
      guard write(pieces, nowMs) else {
        inbox.withEvidence { $0.lost(pieces.count) }
        return
      }
    }
  }

  private func write(_ pieces: [Evidence], _ nowMs: Int64) -> Bool {
    do {
      let made = try maker.evidence(pieces, as: nextEvidence(nowMs), stamp: stamp, nowMs: nowMs)
      guard spool.append(evidence: made.body, as: made.name) else { return false }
      ledger.append(made.batch, to: made.name.stream)
      return true
    } catch {
      log.error("evidence could not be signed", ["reason": "\(error)"])
      return false
    }
  }

  private func nextEvidence(_ nowMs: Int64) -> BatchName {
    if let next = ledger.nextEvidence { return next }
    let stream = StreamID.random()
    ledger.openEvidence(stream, nowMs: nowMs)
    return BatchName(stream: stream, sequence: 1)
  }

  /// Another history of a stream of evidence exists: its batch goes on in a new one, where there is
  /// room for it.
  func moveEvidence(_ name: BatchName, _ nowMs: Int64) {
    if name.stream == ledger.nextEvidence?.stream { ledger.openEvidence(.random(), nowMs: nowMs) }
    do {
      if let body = spool.body(of: name),
        let made = try maker.renamed(
          body, to: nextEvidence(nowMs), nowMs: nowMs, currentBoot: boot),
        spool.append(evidence: made.body, as: made.name)
      {
        ledger.append(made.batch, to: made.name.stream)
      } else {
        log.warning("evidence was given up, as there is no room to move it", [:])
      }
      hasMoved(name, nowMs)
    } catch { log.error("evidence could not be moved", ["reason": "\(error)"]) }
  }

  /// A batch of records lives on under another name, or nowhere, and so does evidence about it: under
  /// the old name the collector has other records.
  func renameEvidence(about old: BatchName, to new: BatchName?, _ nowMs: Int64) {
    inbox.withEvidence { $0.rename(old, to: new) }
    for name in ledger.evidence(about: old) {
      guard let body = spool.body(of: name) else { continue }
      do {
        guard
          let made = try maker.evidence(
            body, about: old, becomes: new, nowMs: nowMs, currentBoot: boot)
        else { continue }
        spool.replace(name, with: made.body)
        ledger.replaceEvidence(name, with: made.batch)
      } catch { log.error("evidence could not be signed", ["reason": "\(error)"]) }
    }
  }
}
