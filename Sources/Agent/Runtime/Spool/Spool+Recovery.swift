import AgentCore
import Linux
import Model
import Wire

extension Spool {
  /// Finds what earlier processes left. Whatever is there, this returns: what can't be read is put
  /// aside and told by `takeTroubles`. Call it once, before anything is appended.
  public func recover(boot: BootID, nowMs: Int64) -> [StoredStream] {
    let names = attempt { () throws(SystemError) in try Files.names(in: folder) } ?? []
    let found = names.compactMap { name in
      StreamID(name).flatMap {
        $0.description == name ? recover($0, boot: boot, nowMs: nowMs) : nil
      }
    }
    return found.sorted { ($0.batches.first?.baseMs ?? 0) < ($1.batches.first?.baseMs ?? 0) }
  }

  private func recover(_ id: StreamID, boot: BootID, nowMs: Int64) -> StoredStream? {
    let folder = path(of: id)
    guard let names = attempt({ () throws(SystemError) in try Files.names(in: folder) }) else {
      return nil
    }
    var stream = StreamFiles()
    // Where each file claims to begin: what stands before its first good batch is a hole.
    var claims: [UInt64] = []
    var isTorn = false
    let segments = names.filter { $0.hasSuffix(".seg") || $0.hasSuffix(".seg-skip") }
    for (index, name) in segments.enumerated() {
      guard let claim = UInt64(name.prefix { $0 != "." }) else { continue }
      if claim <= Segment.sequenceLimit { claims.append(claim) }
      isTorn =
        scan(folder + "/" + name, id, into: &stream, isLast: index == segments.count - 1)
    }
    // They hold nothing that the others had not, but in its last form.
    for name in names where name.hasSuffix(Self.againSuffix) {
      _ = scan(folder + "/" + name, id, into: &stream, isLast: false, isAgain: true)
    }
    for name in names where name.hasSuffix(Self.againSuffix + ".new") {
      attempt { () throws(SystemError) in try Files.remove(folder + "/" + name) }
    }
    // A hint beyond all that is known says nothing of what the stream holds.
    stream.acked = min(hint(in: folder), max(claims.max() ?? 0, stream.entries.last?.sequence ?? 0))
    let losses = holes(id, stream, claims, isTorn: isTorn)
    stream.markAcked(nowMs: nowMs)
    streams[id] = stream
    let left = stream.entries.filter { $0.sequence > stream.acked }
    let last = max(stream.acked, stream.entries.last?.sequence ?? 0, losses.last?.last ?? 0)
    return StoredStream(
      id: id, batches: left.map { $0.batch(boot: boot) }, lastAssigned: last, losses: losses,
      isTorn: isTorn, isEvidence: stream.isEvidence)
  }

  private func hint(in folder: String) -> UInt64 {
    (try? Files.read(folder + "/acked", limit: 64)).flatMap { $0 }.flatMap(AckHint.decode) ?? 0
  }

  /// Reads one segment, repairs it where need be, and tells whether its end was torn off.
  private func scan(
    _ path: String, _ id: StreamID, into stream: inout StreamFiles, isLast: Bool,
    isAgain: Bool = false
  ) -> Bool {
    let limit = limits.segmentBytes + Segment.bodyLimit + Segment.headerCount
    guard
      let bytes = attempt({ () throws(SystemError) in
        try Files.read(path, limit: max(limit, 64 << 20))
      }) ?? nil
    else { return false }
    let number = stream.add(SegmentFile(path: path, size: bytes.count))
    var scan = bytes.withUnsafeBytes { Segment.scan($0, stream: id, file: number) }
    let torn = bytes.count - scan.goodEnd
    var isTorn = false
    if scan.isDamagedInside || (torn > 0 && !isLast) {
      putAside(bytes, as: "\(id)-" + (path.split(separator: "/").last ?? ""))
      note(.quarantined(path: path, bytes: bytes.count - scan.goodBytes))
      var good: [UInt8] = []
      for index in scan.entries.indices {
        let entry = scan.entries[index]
        let end = entry.offset + Segment.headerCount + entry.length
        scan.entries[index].offset = good.count
        good += bytes[entry.offset..<end]
      }
      let written: Void? = attempt { () throws(SystemError) in
        try Files.replace(path, with: good)
      }
      if written != nil { stream.files[number]?.size = good.count }
      if written == nil {
        scan = bytes.withUnsafeBytes { Segment.scan($0, stream: id, file: number) }
      }
    } else if torn > 0 {
      isTorn = true
      note(.torn(path: path, bytes: torn))
      attempt { () throws(SystemError) in
        try OpenFile(path, .inPlace).truncate(to: scan.goodEnd)
      }
      stream.files[number]?.size = scan.goodEnd
    }
    for entry in scan.entries { stream.merge(entry, isAgain: isAgain) }
    return isTorn
  }

  /// The sequences that no file holds, between the first that is claimed and the last that is known.
  private func holes(
    _ id: StreamID, _ stream: StreamFiles, _ claims: [UInt64], isTorn: Bool
  ) -> [Loss] {
    guard let start = (claims + stream.entries.prefix(1).map(\.first)).min() else { return [] }
    var expected = max(start, stream.acked + 1)
    var losses: [Loss] = []
    var timeMs: Int64 = stream.entries.first?.baseMs ?? 0
    func lose(_ first: UInt64, _ last: UInt64, until toMs: Int64) {
      guard first <= last else { return }
      losses.append(
        Loss(
          stream: id, first: first, last: last, results: 0, fromMs: timeMs, toMs: max(timeMs, toMs),
          reason: .corrupt))
    }
    for entry in stream.entries where entry.sequence >= expected {
      if entry.first > expected { lose(expected, entry.first - 1, until: entry.baseMs) }
      expected = max(expected, entry.sequence + 1)
      timeMs = entry.baseMs
    }
    // A file that claims to begin beyond all that is known lost at least its first batch.
    let claimed = max(claims.max() ?? 0, isTorn ? expected : 0)
    if claimed >= expected { lose(expected, claimed, until: timeMs) }
    return losses
  }
}

extension Segment.Scan {
  /// Bytes of good records.
  var goodBytes: Int { entries.reduce(0) { $0 + Segment.headerCount + $1.length } }
}
