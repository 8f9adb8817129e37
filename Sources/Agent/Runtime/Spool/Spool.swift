import AgentCore
import Linux
import Model
import Wire

/// The agent's disk queue: `FOLDER/STREAM/FIRST-SEQUENCE.seg`, batches in segment files.
///
/// A batch is written before it is sent and stays until it is acked. Whatever the files hold, the
/// spool opens: damage is put aside in `FOLDER/quarantine`, holes become losses that the owner
/// announces by skips. It belongs to one thread.
public final class Spool {
  /// The most bytes of batches that wait in memory while nothing can be written.
  public static let memoryLimit = 4 << 20

  let folder: String
  let limits: SpoolLimits
  var streams: [StreamID: StreamFiles] = [:]
  /// Batches that could not be written yet, in order.
  var waiting: [(name: BatchName, body: [UInt8])] = []
  var waitingBytes = 0
  /// The segments that are being written: at most one of results and one of evidence.
  var tails: [Tail] = []
  private var troubles: [SpoolTrouble] = []
  private var keptUntilWritten: [String] = []
  private var spaceCheckedMs: Int64?
  private(set) var isSpaceShort = false
  let syncFile: (borrowing OpenFile) throws(SystemError) -> Void

  /// The files of one stream.
  struct StreamFiles {
    var files: [Int: SegmentFile] = [:]
    var nextFile = 0
    /// All batches in the files, by sequence; those up to `acked` are kept for a while.
    var entries: ArraySlice<Entry> = []
    var acked: UInt64 = 0
    var isHintStale = false
    /// Whether it holds evidence; a stream of skips alone counts as one of results.
    var isEvidence = false
  }

  struct SegmentFile {
    var path: String
    var size: Int
    /// When its last batch was acked, in milliseconds.
    var ackedMs: Int64?
    var isOpen = false
    /// The disk did not confirm all of it.
    var isUnsynced = false
  }

  /// - Parameters:
  ///   - folder: made if it is not there.
  ///   - syncFile: makes a file's bytes durable; `fdatasync` unless given.
  public init(
    folder: String, limits: SpoolLimits = SpoolLimits(),
    syncFile: @escaping (borrowing OpenFile) throws(SystemError) -> Void = {
      (file) throws(SystemError) in try file.sync()
    }
  ) throws(SystemError) {
    self.folder = folder
    self.limits = limits
    self.syncFile = syncFile
    try Files.makeFolder(folder)
  }

  // MARK: What there is

  /// Bytes of all segments, and of what waits in memory.
  public var byteCount: Int {
    streams.values.reduce(waitingBytes) { $0 + $1.files.values.reduce(0) { $0 + $1.size } }
  }

  /// Whether batches wait in memory since nothing can be written.
  public var isStuck: Bool { !waiting.isEmpty }

  /// What went wrong since the last call.
  public func takeTroubles() -> [SpoolTrouble] {
    defer { troubles = [] }
    return troubles
  }

  /// The body of a batch; `nil` where it is not held, or can't be read whole any more.
  public func body(of name: BatchName) -> [UInt8]? {
    if let held = waiting.first(where: { $0.name == name }) { return held.body }
    guard let stream = streams[name.stream], let entry = stream.entry(name.sequence),
      let file = stream.files[entry.file]
    else { return nil }
    return attempt { () throws(SystemError) in
      let bytes = try OpenFile(file.path, .readOnly).read(
        at: entry.offset, count: Segment.headerCount + entry.length)
      return bytes.withUnsafeBytes { view -> [UInt8]? in
        guard let body = Segment.body(in: view, at: 0),
          let found = Entry(body, stream: name.stream, file: entry.file, offset: entry.offset),
          found.sequence == name.sequence
        else { return nil }
        return Array(body)
      }
    } ?? nil
  }

  /// Batches that are held though they were acked, from one sequence through another.
  public func heldBatches(
    of stream: StreamID, from first: UInt64, through last: UInt64, boot: BootID
  ) -> [Batch] {
    guard let stream = streams[stream] else { return [] }
    return stream.entries.filter { $0.sequence >= first && $0.sequence <= last }
      .map { $0.batch(boot: boot) }
  }

  // MARK: Writing

  /// Takes a batch.
  ///
  /// - Returns: whether it is in a file, so that it survives the end of the process. While nothing can
  ///   be written it waits in memory: what it was made of must be kept until `isStuck` is false.
  @discardableResult
  public func append(_ body: [UInt8], as name: BatchName) throws(SpoolError) -> Bool {
    guard waiting.isEmpty else {
      try wait(body, name, SystemError("write", code: 28))
      return false
    }
    do {
      try write(body, name)
      return true
    } catch {
      troubles.append(.failed(error))
      try wait(body, name, error)
      return false
    }
  }

  private func wait(
    _ body: [UInt8], _ name: BatchName, _ error: SystemError
  ) throws(SpoolError) {
    guard waitingBytes + body.count <= Self.memoryLimit else { throw .full(error) }
    waiting.append((name, body))
    waitingBytes += body.count
  }

  /// Tries again to write what waits in memory.
  public func flushWaiting() {
    while let (name, body) = waiting.first {
      if (streams[name.stream]?.acked ?? 0) < name.sequence {
        do {
          try writeWaiting(body, name)
        } catch { return }
      }
      waiting.removeFirst()
      waitingBytes -= body.count
    }
    guard !keptUntilWritten.isEmpty else { return }
    sync()
    let paths = keptUntilWritten
    keptUntilWritten = []
    for path in paths { attempt { () throws(SystemError) in try Files.remove(path) } }
  }

  /// Removes a file once nothing waits in memory any more: what waits can be made anew from it.
  public func remove(onceWritten path: String) { keptUntilWritten.append(path) }

  private func writeWaiting(_ body: [UInt8], _ name: BatchName) throws(SystemError) {
    let first = body.withUnsafeBytes { view -> UInt64? in
      let entry = Entry(view, stream: name.stream, file: 0, offset: 0)
      return entry?.isSkip == true ? entry?.first : nil
    }
    guard let first else { return try write(body, name) }
    closeTail(of: name.stream)
    var stream = streams[name.stream] ?? StreamFiles()
    let path = place(of: first, in: stream, name.stream)
    stream.files = stream.files.filter { $0.value.path != path }
    try Files.makeFolder(self.path(of: name.stream))
    try writeSkip(body, name, to: path, into: &stream)
    streams[name.stream] = stream
  }

  // MARK: Acks

  /// Everything of the stream up to and including `committed` is stored by a collector.
  public func acked(_ stream: StreamID, _ committed: UInt64, nowMs: Int64) {
    guard var files = streams[stream], committed > files.acked else { return }
    files.acked = committed
    files.isHintStale = true
    files.markAcked(nowMs: nowMs)
    streams[stream] = files
    if waiting.contains(where: { $0.name.stream == stream && $0.name.sequence <= committed }) {
      waiting.removeAll { $0.name.stream == stream && $0.name.sequence <= committed }
      waitingBytes = waiting.reduce(0) { $0 + $1.body.count }
    }
  }

  /// Writes down how far streams are acked. Losing this causes duplicates and nothing else.
  public func writeHints() {
    for (id, stream) in streams where stream.isHintStale {
      streams[id]?.isHintStale = false
      attempt { () throws(SystemError) in
        try OpenFile(path(of: id) + "/acked", .truncated).append(AckHint.encode(stream.acked))
      }
    }
  }

  // MARK: Losses

  /// Puts a skip in the place of what was lost. The skip's body must say the loss's first and last.
  public func announce(_ loss: Loss, skip body: [UInt8]) {
    closeTail(of: loss.stream)
    var stream = streams[loss.stream] ?? StreamFiles()
    let gone = stream.entries.filter { $0.sequence >= loss.first && $0.first <= loss.last }
    stream.entries = stream.entries.filter { $0.sequence < loss.first || $0.first > loss.last }[...]
    // What is lost goes first: on a full disk the skip takes the room that it leaves. The file of
    // that name stays, so that a crash here leaves a hole which is found again.
    let path = place(of: loss.first, in: stream, loss.stream)
    stream.files = stream.files.filter { $0.value.path != path }
    let name = BatchName(stream: loss.stream, sequence: loss.last)
    waiting.removeAll {
      $0.name.stream == loss.stream && (loss.first...loss.last).contains($0.name.sequence)
    }
    let isWritten: Void? = attempt { () throws(SystemError) in
      try Files.makeFolder(self.path(of: loss.stream))
      try writeSkip(body, name, to: path, into: &stream)
    }
    if isWritten == nil { waiting.append((name, body)) }
    for file in Set(gone.map(\.file)) where !stream.entries.contains(where: { $0.file == file }) {
      guard let left = stream.files.removeValue(forKey: file), left.path != path else { continue }
      attempt { () throws(SystemError) in try Files.remove(left.path) }
    }
    waitingBytes = waiting.reduce(0) { $0 + $1.body.count }
    streams[loss.stream] = stream
  }

  /// Writes a skip to a file of its own; its entry is made once the file is on the disk.
  private func writeSkip(
    _ body: [UInt8], _ name: BatchName, to path: String, into stream: inout StreamFiles
  ) throws(SystemError) {
    let bytes = Segment.encode(body)
    let file = try OpenFile(path, .truncated)
    try file.append(bytes)
    try file.sync()
    let number = stream.add(SegmentFile(path: path, size: bytes.count))
    let entry = body.withUnsafeBytes { Entry($0, stream: name.stream, file: number, offset: 0) }
    if let entry { stream.insert(entry) }
  }

  /// The path of a file that is to begin at a sequence: one that no held batch lives in.
  func place(of sequence: UInt64, in stream: StreamFiles, _ id: StreamID) -> String {
    let used = Set(stream.entries.compactMap { stream.files[$0.file]?.path })
    let plain = path(of: id) + "/" + Self.fileName(sequence)
    var place = plain
    var count = 1
    while used.contains(place) {
      place = count == 1 ? plain + "-skip" : plain.dropLast(4) + ".\(count).seg-skip"
      count += 1
    }
    return place
  }

  /// What is dropped to stay within the limits: for each, announce a skip. Call it every second.
  public func tend(nowMs: Int64) -> [Loss] {
    flushWaiting()
    writeHints()
    removeAcked(nowMs: nowMs)
    if spaceCheckedMs.map({ nowMs - $0 >= 10_000 }) ?? true || isStuck {
      spaceCheckedMs = nowMs
      if let space = try? Files.space(at: folder) {
        isSpaceShort = space.freeBytes < max(limits.freeBytes, space.allBytes / 20)
      }
    }
    if isSpaceShort { removeAcked(nowMs: Int64.max) }
    return drop(nowMs: nowMs, isSpaceShort: isSpaceShort || isStuck)
  }

  @discardableResult
  func attempt<Value>(_ body: () throws(SystemError) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      troubles.append(.failed(error))
      return nil
    }
  }

  func note(_ trouble: SpoolTrouble) { troubles.append(trouble) }

  func path(of stream: StreamID) -> String { "\(folder)/\(stream)" }

  static func fileName(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".seg"
  }
}
