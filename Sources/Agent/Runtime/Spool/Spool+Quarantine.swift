import AgentCore
import Linux
import Model
import Wire

/// What is kept for a person to look at and never sent.
extension Spool {
  /// The most bytes that the quarantine keeps; the oldest go first.
  static let quarantineLimit = 16 << 20

  private var quarantine: String { folder + "/quarantine" }

  /// Keeps a copy of a batch that can never be sent.
  public func quarantine(_ name: BatchName) {
    guard let body = body(of: name) else { return }
    putAside(body, as: "\(name.stream)-\(name.sequence).batch")
  }

  /// Keeps another agent's records, as batches of its own without a signature.
  public func putAside(_ sealed: Journal.Sealed, of agent: AgentID) {
    let records = sealed.records.sorted {
      ($0.startedAtMs, $0.slot) < ($1.startedAtMs, $1.slot)
    }
    for (index, range) in BatchCut.ranges(of: records).enumerated() {
      let part = Array(records[range])
      let sequence = sealed.first.sequence &+ UInt64(index)
      let header = ResultsHeader(
        stream: sealed.first.stream, sequence: sequence, agent: agent, keyID: sealed.stamp.keyID,
        boot: sealed.stamp.boot, baseMs: part.first?.startedAtMs ?? 0,
        clockOffsetMs: sealed.stamp.clockOffsetMs, clockErrorMs: sealed.stamp.clockErrorMs,
        assignmentRevision: sealed.stamp.assignmentRevision, kind: .records, count: 0)
      let unsigned = RecordWriter.body(header, part) + [UInt8](repeating: 0, count: 32)
      putAside(unsigned, as: "\(sealed.first.stream)-\(sequence).batch")
    }
  }

  /// Takes a whole stream out of the spool: its files go to the quarantine. Not for the stream that
  /// is written to.
  public func putAside(_ id: StreamID) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    for file in stream.files.values.sorted(by: { $0.path < $1.path }) {
      let name = "\(id)-" + (file.path.split(separator: "/").last ?? "")
      let isMoved: Bool? = attempt { () throws(SystemError) in
        guard file.size > 0, try makeRoom(file.size) else { return false }
        try Files.rename(file.path, to: quarantine + "/" + name)
        return true
      }
      if isMoved != true {
        attempt { () throws(SystemError) in try Files.remove(file.path) }
      }
    }
    attempt { () throws(SystemError) in
      try Files.remove(path(of: id) + "/acked")
      try Files.removeFolder(path(of: id))
    }
  }

  /// Writes bytes to the quarantine, and keeps that within its bound.
  func putAside(_ bytes: [UInt8], as name: String) {
    attempt { () throws(SystemError) in
      guard try makeRoom(bytes.count) else { return }
      try OpenFile(quarantine + "/" + name, .truncated).append(bytes)
    }
  }

  /// Makes room in the quarantine; `false` where so much is never kept.
  private func makeRoom(_ bytes: Int) throws(SystemError) -> Bool {
    try Files.makeFolder(quarantine)
    var kept: [(path: String, size: Int, modified: Int)] = []
    for name in try Files.names(in: quarantine) {
      guard let status = try Files.status(of: quarantine + "/" + name) else { continue }
      kept.append((quarantine + "/" + name, status.size, status.modified))
    }
    kept.sort { $0.modified < $1.modified }
    var total = kept.reduce(bytes) { $0 + $1.size }
    while total > Self.quarantineLimit, !kept.isEmpty {
      let oldest = kept.removeFirst()
      try Files.remove(oldest.path)
      total -= oldest.size
    }
    return bytes <= Self.quarantineLimit
  }

  /// The agent whose batches a stream holds, by the first that can be read; `nil` where none can.
  public func owner(of id: StreamID) -> AgentID? {
    for entry in streams[id]?.entries ?? [] {
      let body = body(of: BatchName(stream: id, sequence: entry.sequence))
      let owner = body?.withUnsafeBytes { try? ResultsBody(decoding: $0).header.agent }
      if let owner { return owner }
    }
    return nil
  }
}
