import Model
import Wire

/// Brings an agent's assignment to what the store says, by the smallest frames that do it.
struct AssignmentFlow: Sendable {
  /// What the agent is to hold: each target's hash by slot; `nil` where it is not known in parts.
  private var sent: [UInt64: Int]?
  private(set) var sentRevision: UInt64
  /// Whether the store is being asked.
  private var isLoading = false
  /// Whether it changed again meanwhile.
  private var mustLoadAgain = false
  private var wantsFull = false

  /// `heldRevision` is what AUTH said.
  init(heldRevision: UInt64) {
    sentRevision = heldRevision
  }

  /// The store's assignment may have changed; `true` where it is to be asked.
  mutating func changed() -> Bool {
    guard !isLoading else {
      mustLoadAgain = true
      return false
    }
    isLoading = true
    return true
  }

  /// The store was seen to hold `revision`; `true` where it is to be asked, since the agent was sent
  /// another, or asked for all of it and got nothing. What a change told, or an answer of the store,
  /// may have been missed: this is what makes up for it.
  mutating func stands(at revision: UInt64) -> Bool {
    guard !isLoading, revision != sentRevision || wantsFull else { return false }
    return changed()
  }

  /// The agent answered an assignment; `true` where the store is to be asked for all of it.
  mutating func acknowledged(_ ack: AssignAck) -> Bool {
    switch ack.status {
    case .applied, .refused: return false
    case .needFull:
      wantsFull = true
      return changed()
    }
  }

  /// The store could not be asked; the next change, or look at the store, asks again.
  mutating func failed() {
    isLoading = false
    mustLoadAgain = false
  }

  /// What is to be sent now that the store has answered, and whether it is to be asked again.
  mutating func loaded(_ snapshot: AssignmentSnapshot) -> (frames: [Directive], again: Bool) {
    isLoading = false
    let again = mustLoadAgain
    mustLoadAgain = false
    let frames = frames(for: snapshot)
    if again { isLoading = true }
    return (frames, again)
  }

  private mutating func frames(for snapshot: AssignmentSnapshot) -> [Directive] {
    var hashes: [UInt64: Int] = [:]
    hashes.reserveCapacity(snapshot.targets.count)
    for target in snapshot.targets { hashes[target.slot] = target.hashValue }
    defer {
      sent = hashes
      sentRevision = snapshot.revision
      wantsFull = false
    }
    guard snapshot.revision != sentRevision || wantsFull else { return [] }
    if let sent, !wantsFull {
      let delta = AssignDelta(
        baseRevision: sentRevision, revision: snapshot.revision,
        upserts: snapshot.targets.filter { sent[$0.slot] != hashes[$0.slot] },
        removals: sent.keys.filter { hashes[$0] == nil }.sorted())
      if delta.fitsOneFrame { return [.sendTagged(.assignDelta, delta.encoded())] }
    }
    return AssignFull.parts(revision: snapshot.revision, snapshot.targets)
      .map { .sendTagged(.assignFull, $0.encoded()) }
  }
}
