import AgentCore
import Model
import OpenSSL
import Signing
import Synchronization
import Wire

extension ScriptedCollector {
  /// Takes a RESULTS frame as the test says; false: hangs up.
  func results(_ body: [UInt8], _ peer: Peer) throws -> Bool {
    var header: ResultsHeader?
    var records: [ProbeRecord] = []
    var skip: Skip?
    var pieces: [Evidence] = []
    var isSigned = false
    try body.withUnsafeBytes { view in
      let results = try ResultsBody(decoding: view)
      header = results.header
      if let root = memory.withLock({ $0.root(for: results.header) }) {
        isSigned = try BatchCode(keys: AgentKeys(root: root)).verify(results)
      }
      if results.header.kind == .skip {
        var reader = ByteReader(results.content)
        skip = try Skip(from: &reader)
      }
      if results.header.kind == .evidence { pieces = try Evidence.items(of: results) }
      var reader = results.records
      var raw = RawRecord()
      while results.header.kind == .records, try reader.next(&raw) {
        if let record = reader.value(of: raw) { records.append(record) }
      }
    }
    guard let header else { return false }
    let name = BatchName(stream: header.stream, sequence: header.sequence)
    let committed = memory.withLock { $0.committed[header.stream] ?? 0 }
    func nack(_ code: Nack.Code) throws {
      try send(
        Nack(
          stream: header.stream, sequence: header.sequence, code: code, expected: committed + 1,
          retryMs: 20, message: "scripted"), peer)
    }
    guard isSigned else {
      change { $0.badSignatures += 1 }
      try nack(.badSignature)
      return true
    }
    let reply = memory.withLock { $0.reply }(header)
    switch reply {
    case .hangUp: return false
    case .silence:
      change { $0.silenced += 1 }
      return true
    case .nack(let code):
      try nack(code)
      return true
    case .store, .storeAndHangUp: break
    }
    let digest = try BatchDigest(of: body)
    if header.sequence <= committed {
      if let known = memory.withLock({ $0.digests[name] }), known != digest {
        try nack(.fork)
        return true
      }
    } else if (skip?.first ?? header.sequence) <= committed + 1 {
      change { memory in
        memory.committed[header.stream] = header.sequence
        memory.digests[name] = digest
        memory.bodies[name] = body
        memory.records += records
        memory.evidence += pieces.map { ($0, name) }
        memory.orphans += pieces.count { memory.record(of: $0) == nil }
        if let skip { memory.skips.append((header.stream, header.sequence, skip)) }
      }
    } else {
      try nack(.gap)
      return true
    }
    if case .storeAndHangUp = reply { return false }
    // What stood when this batch came: a test may say meanwhile that the stream went on elsewhere.
    let highest = max(committed, header.sequence)
    let credit = memory.withLock { $0.credit }
    try send(
      Ack(stream: header.stream, committed: highest, credit: credit, rejected: 0), peer)
    return true
  }
}

extension ScriptedCollector.Memory {
  /// The record that a piece of evidence is about; `nil` where it is not stored.
  func record(of piece: Evidence) -> ProbeRecord? {
    let body = bodies[BatchName(stream: piece.stream, sequence: piece.sequence)]
    return body?.withUnsafeBytes { view in
      guard let results = try? ResultsBody(decoding: view), results.header.kind == .records else {
        return nil
      }
      var reader = results.records
      var raw = RawRecord()
      var index: UInt64 = 0
      while (try? reader.next(&raw)) == true {
        if index == piece.index { return reader.value(of: raw) }
        index += 1
      }
      return nil
    }
  }
}
