import AgentCore
import Glibc
import Linux
import Model
import Synchronization
import Wire

/// What is between a probe's start and its batch: a file mapped into memory, so that it survives the
/// end of the process, however it ends, without a system call.
///
/// It holds which probes run, and the finished records that no segment has yet, in two halves: one
/// takes records while the other, sealed under the name of the batch that it becomes, is written to
/// the spool. Called on the prober's thread and the shipper's; each call is short.
public final class Journal: Sendable {
  private struct State {
    var active = 0
    var batcher = Batcher()
    var dueMs: Int64?
    var free: [Int32] = []
    var nextRunning: Int32 = 0
    var droppedInAll: UInt64 = 0
  }

  /// Every use of the memory is under `state`'s lock.
  private let file: MappedFile
  private let state = Mutex(State())
  /// Why the journal is not in a file, so that its records end with this process; `nil` where it is.
  public let trouble: SystemError?

  private var layout: JournalLayout { JournalLayout(bytes: file.bytes) }

  /// Opens the journal at `path` for a new process. What the last one left must have been taken by
  /// `Journal.leftovers` and stored before; it is forgotten here.
  ///
  /// The file's room on the disk is taken whole, and an older journal's is used again: later the disk
  /// may be full. Where it is full now, the journal is plain memory, and `trouble` says why.
  public init(path: String, boot: BootID, agent: AgentID) throws(SystemError) {
    if try Files.status(of: path)?.size != JournalLayout.fileBytes { try Files.remove(path) }
    do {
      file = try MappedFile(path, size: JournalLayout.fileBytes)
      trouble = nil
    } catch {
      guard error.code == ENOSPC || error.code == EDQUOT || error.code == EFBIG else { throw error }
      try Files.remove(path)
      file = try MappedFile(anonymousBytes: JournalLayout.fileBytes)
      trouble = error
    }
    begin(boot, agent)
  }

  /// A journal in plain memory, for the reason `trouble`: its records end with this process.
  public init(
    inMemoryFor trouble: SystemError, boot: BootID, agent: AgentID
  ) throws(SystemError) {
    file = try MappedFile(anonymousBytes: JournalLayout.fileBytes)
    self.trouble = trouble
    begin(boot, agent)
  }

  private func begin(_ boot: BootID, _ agent: AgentID) {
    layout.clear()
    layout.set(boot, at: 8)
    layout.set(agent, at: JournalLayout.agentOffset)
    layout[0] = JournalLayout.magic
  }

  // MARK: The prober's side

  /// A probe begins. The number goes to `finished`; it is -1 where the table is full.
  public func started(slot: UInt64, startedAtMs: Int64) -> Int32 {
    state.withLock { state in
      let index: Int32
      if let free = state.free.popLast() {
        index = free
      } else if state.nextRunning < Int32(JournalLayout.runningCapacity) {
        index = state.nextRunning
        state.nextRunning += 1
      } else {
        return -1
      }
      let offset = JournalLayout.runningOffset(Int(index))
      layout[offset] = slot
      layout[offset + 8] = UInt64(bitPattern: startedAtMs)
      atomicMemoryFence(ordering: .releasing)
      layout[offset + 16] = 1
      return index
    }
  }

  /// What a finished record asks of the shipper.
  public enum Wish: Equatable, Sendable {
    case nothing
    /// There is a first record: look at `dueMs`.
    case look
    /// A batch is due.
    case flush
  }

  /// A probe ended with a record.
  public func finished(_ record: ProbeRecord, running: Int32, nowMs: Int64) -> Wish {
    var writer = ByteWriter()
    RecordWriter.append(record, previousMs: min(0, record.startedAtMs), to: &writer)
    let bytes = writer.bytes
    return state.withLock { state in
      let half = layout.half(state.active)
      let isFirst = half.isEmpty
      if !half.append(bytes) {
        half.droppedFromMs =
          half.dropped == 0 ? record.startedAtMs : min(half.droppedFromMs, record.startedAtMs)
        half.droppedToMs = max(half.dropped == 0 ? 0 : half.droppedToMs, record.startedAtMs)
        half.dropped += 1
        state.droppedInAll += 1
      }
      end(running, &state)
      switch state.batcher.add(record, byteCount: bytes.count, nowMs: nowMs) {
      case .now:
        state.dueMs = nowMs
        return .flush
      case .at(let dueMs):
        state.dueMs = dueMs
        return isFirst ? .look : .nothing
      }
    }
  }

  /// A probe ended without a record.
  public func abandoned(running: Int32) {
    state.withLock { end(running, &$0) }
  }

  private func end(_ running: Int32, _ state: inout State) {
    guard running >= 0, running < state.nextRunning else { return }
    let offset = JournalLayout.runningOffset(Int(running))
    guard layout[offset + 16] == 1 else { return }
    layout[offset + 16] = 0
    state.free.append(running)
  }

  // MARK: The shipper's side

  /// When the records at hand are to be sealed; `nil` while there are none.
  public var dueMs: Int64? { state.withLock { $0.dueMs } }

  /// Results given up since this process began, as there was no room for them.
  public var droppedResults: UInt64 { state.withLock { $0.droppedInAll } }

  /// Forgets what is known of slots that are not assigned any more.
  public func keepOnly(_ isAssigned: (UInt64) -> Bool) {
    state.withLock { $0.batcher.keepOnly(isAssigned) }
  }

  /// Records that are to become batches.
  public struct Sealed: Equatable, Sendable {
    /// The first of the batches; the others follow it, the skip for what was dropped comes last.
    public var first: BatchName
    public var stamp: BatchStamp
    public var records: [ProbeRecord]
    public var dropped: UInt64
    public var droppedFromMs: Int64
    public var droppedToMs: Int64
    /// The batches up to this sequence are not needed any more; 0 where that is not known.
    public var doneThrough: UInt64

    init(_ half: JournalLayout.Half, boot: BootID) {
      first = BatchName(stream: half.stream, sequence: half.sequence)
      stamp = half.layout.stamp(at: half.stampOffset, boot: boot)
      records = half.records()
      dropped = half.dropped
      droppedFromMs = half.droppedFromMs
      droppedToMs = half.droppedToMs
      doneThrough = half.doneThrough
    }
  }

  /// Takes the records at hand under the name of the batch that they become, and lets the prober go
  /// on in the other half. `nil` while there are none, or while the other half is not cleared.
  public func seal(as first: BatchName, stamp: BatchStamp) -> Sealed? {
    state.withLock { state in
      let half = layout.half(state.active)
      guard !half.isEmpty, layout.half(1 - state.active).isEmpty else { return nil }
      half.stream = first.stream
      half.sequence = first.sequence
      half.doneThrough = 0
      layout.set(stamp, at: half.stampOffset)
      atomicMemoryFence(ordering: .releasing)
      half.isSealed = true
      state.active = 1 - state.active
      state.batcher.taken()
      state.dueMs = nil
      return Sealed(half, boot: stamp.boot)
    }
  }

  /// Whether sealed records wait to be written to the spool.
  public var hasSealed: Bool {
    state.withLock { !layout.half(1 - $0.active).isEmpty }
  }

  /// The sealed records that wait to be written.
  public func sealed(boot: BootID) -> Sealed? {
    state.withLock { state in
      let half = layout.half(1 - state.active)
      return half.isEmpty ? nil : Sealed(half, boot: boot)
    }
  }

  /// The sealed records are in the spool.
  public func clearSealed() {
    state.withLock { state in
      layout.half(1 - state.active).clear()
    }
  }

  /// Notes what batches of this process say beside their records, for the case that it ends before
  /// it can seal.
  public func note(_ stamp: BatchStamp) {
    state.withLock { _ in layout.set(stamp, at: 40) }
  }

  // MARK: After a crash

  /// What a process left when it ended.
  public struct Leftovers: Equatable, Sendable {
    /// Whose probes these are.
    public var agent: AgentID
    /// Sealed but perhaps not in the spool, and then what was not sealed; none where all was stored.
    public var sealed: [Sealed]
  }

  /// Reads what the last process left in the journal at `path`; `nil` where there is no journal.
  ///
  /// Records that were not sealed, and probes that were running, become batches of a stream whose
  /// name is written down first: called again after another crash, this says the same.
  public static func leftovers(
    path: String, recoveryStream: StreamID
  ) throws(SystemError) -> Leftovers? {
    guard let status = try Files.status(of: path), status.size == JournalLayout.fileBytes else {
      return nil
    }
    let file = try MappedFile(path, size: JournalLayout.fileBytes, reserving: false)
    let layout = JournalLayout(bytes: file.bytes)
    guard layout[0] == JournalLayout.magic else { return nil }
    let boot = layout.identifier(at: 8, of: BootID.self)
    let agent = layout.identifier(at: JournalLayout.agentOffset, of: AgentID.self)
    if layout.identifier(at: 24, of: StreamID.self) == .zero { layout.set(recoveryStream, at: 24) }
    var rest = Sealed(layout.half(0), boot: boot)
    rest.first = BatchName(stream: layout.identifier(at: 24, of: StreamID.self), sequence: 1)
    rest.stamp = layout.stamp(at: 40, boot: boot)
    rest.records = []
    rest.dropped = 0
    rest.droppedFromMs = Int64.max
    rest.droppedToMs = 0
    rest.doneThrough = layout[JournalLayout.restDoneOffset]
    var sealed: [Sealed] = []
    for half in [layout.half(0), layout.half(1)] where !half.isEmpty {
      let found = Sealed(half, boot: boot)
      if half.isSealed, half.hasPlausibleName {
        sealed.append(found)
      } else {
        rest.records += found.records
        guard found.dropped > 0 else { continue }
        rest.dropped &+= found.dropped
        rest.droppedFromMs = min(rest.droppedFromMs, found.droppedFromMs)
        rest.droppedToMs = max(rest.droppedToMs, found.droppedToMs)
      }
    }
    if rest.dropped == 0 { rest.droppedFromMs = 0 }
    let finished = Set((sealed + [rest]).flatMap { $0.records.map(ProbeName.init) })
    for index in 0..<JournalLayout.runningCapacity {
      let offset = JournalLayout.runningOffset(index)
      guard layout[offset + 16] == 1 else { continue }
      let startedAtMs = Int64(bitPattern: layout[offset + 8])
      let record = ProbeRecord(
        slot: layout[offset], startedAtMs: max(0, startedAtMs), total: 0,
        outcome: .failed(Failure(.agent, detail: "interrupted: the agent was restarted")))
      if !finished.contains(ProbeName(record)) { rest.records.append(record) }
    }
    if !rest.records.isEmpty || rest.dropped > 0 { sealed.append(rest) }
    return Leftovers(agent: agent, sealed: sealed)
  }

  /// Notes in a journal that another process left how far one of its streams is stored for good:
  /// `leftovers` tells it. Without a journal at `path` that has the stream this does nothing.
  public static func note(
    path: String, stream: StreamID, doneThrough sequence: UInt64
  ) throws(SystemError) {
    guard try Files.status(of: path)?.size == JournalLayout.fileBytes else { return }
    let file = try MappedFile(path, size: JournalLayout.fileBytes, reserving: false)
    let layout = JournalLayout(bytes: file.bytes)
    guard layout[0] == JournalLayout.magic else { return }
    if layout.identifier(at: 24, of: StreamID.self) == stream {
      layout[JournalLayout.restDoneOffset] = max(layout[JournalLayout.restDoneOffset], sequence)
    }
    for half in [layout.half(0), layout.half(1)]
    where !half.isEmpty && half.isSealed && half.stream == stream {
      half.doneThrough = max(half.doneThrough, sequence)
    }
  }

  /// What names a probe of an agent for ever.
  private struct ProbeName: Hashable {
    var slot: UInt64
    var startedAtMs: Int64

    init(_ record: ProbeRecord) {
      slot = record.slot
      startedAtMs = record.startedAtMs
    }
  }
}
