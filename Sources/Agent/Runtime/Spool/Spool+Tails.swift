import AgentCore
import Linux
import Model
import Wire

/// The segments that are being written.
extension Spool {
  /// One of them.
  final class Tail {
    let stream: StreamID
    let number: Int
    let file: OpenFile
    let isEvidence: Bool
    var size = 0
    var isDirty = false

    init(stream: StreamID, number: Int, file: consuming OpenFile, isEvidence: Bool) {
      self.stream = stream
      self.number = number
      self.file = file
      self.isEvidence = isEvidence
    }
  }

  /// Writes a batch at the end of its stream.
  func write(_ body: [UInt8], _ name: BatchName) throws(SystemError) {
    let bytes = Segment.encode(body)
    var entry = body.withUnsafeBytes { Entry($0, stream: name.stream, file: 0, offset: 0) }
    let isEvidence = entry?.isEvidence ?? false
    let open: Tail
    if let tail = tails.first(where: { $0.stream == name.stream }),
      tail.size < (isEvidence ? limits.evidenceSegmentBytes : limits.segmentBytes)
    {
      open = tail
    } else {
      for tail in tails where tail.stream == name.stream || tail.isEvidence == isEvidence {
        close(tail)
      }
      open = try openTail(name, isEvidence: isEvidence)
    }
    do {
      try open.file.append(bytes)
    } catch {
      // Take back what was written of it; if even that fails, nothing more goes to this file.
      do {
        try open.file.truncate(to: open.size)
      } catch { end(open) }
      throw error
    }
    entry?.file = open.number
    entry?.offset = open.size
    open.size += bytes.count
    open.isDirty = true
    streams[name.stream]?.files[open.number]?.size = open.size
    if let entry { streams[name.stream]?.insert(entry) }
  }

  private func openTail(_ name: BatchName, isEvidence: Bool) throws(SystemError) -> Tail {
    let folder = path(of: name.stream)
    let isNew = streams[name.stream] == nil
    if isNew { try Files.makeFolder(folder) }
    // What stands at this path holds nothing: it is what a failed start left.
    let path = place(of: name.sequence, in: streams[name.stream] ?? StreamFiles(), name.stream)
    let file = try OpenFile(path, .appending)
    try file.truncate(to: 0)
    try Files.syncFolder(folder)
    if isNew { try Files.syncFolder(self.folder) }
    var stream = streams[name.stream] ?? StreamFiles()
    stream.files = stream.files.filter { $0.value.path != path }
    let number = stream.add(SegmentFile(path: path, size: 0, isOpen: true))
    streams[name.stream] = stream
    let open = Tail(stream: name.stream, number: number, file: file, isEvidence: isEvidence)
    tails.append(open)
    return open
  }

  /// Makes what was written survive a power cut. Call it once a second, and before stopping.
  public func sync() {
    for tail in tails { sync(tail) }
  }

  private func sync(_ tail: Tail) {
    guard tail.isDirty else { return }
    do {
      try syncFile(tail.file)
      tail.isDirty = false
    } catch {
      // After a failed sync the kernel may have dropped the pages: this file gets nothing more.
      streams[tail.stream]?.files[tail.number]?.isUnsynced = true
      note(.notSynced(error))
      end(tail)
    }
  }

  /// Ends the segment of a stream that is being written, if one is.
  func closeTail(of stream: StreamID) {
    for tail in tails where tail.stream == stream { close(tail) }
  }

  func close(_ tail: Tail) {
    sync(tail)
    end(tail)
  }

  private func end(_ tail: Tail) {
    streams[tail.stream]?.files[tail.number]?.isOpen = false
    tails.removeAll { $0 === tail }
  }
}
