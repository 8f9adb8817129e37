import AgentCore
import Model
import OpenSSL
import Signing
import Wire

/// Batches of evidence.
extension BatchMaker {
  /// A batch of pieces of evidence.
  public func evidence(
    _ pieces: [Evidence], as name: BatchName, stamp: BatchStamp, nowMs: Int64
  ) throws(OpenSSLError) -> Made {
    try made(pieces, header(name, stamp, baseMs: nowMs), nowMs: nowMs, isOfThisBoot: true)
  }

  /// A batch of evidence in its place, signed anew, in which what was about one batch is about
  /// another, or is left out. `nil` for a body that does not decode.
  public func evidence(
    _ body: [UInt8], about old: BatchName, becomes new: BatchName?, nowMs: Int64,
    currentBoot: BootID
  ) throws(OpenSSLError) -> Made? {
    let decoded = body.withUnsafeBytes { view -> (ResultsHeader, [Evidence])? in
      guard let results = try? ResultsBody(decoding: view), results.header.kind == .evidence,
        let pieces = try? Evidence.items(of: results)
      else { return nil }
      return (results.header, pieces)
    }
    guard var (header, pieces) = decoded else { return nil }
    header.keyID = keyID
    if let new {
      for index in pieces.indices where pieces[index].batch == old { pieces[index].batch = new }
    } else {
      pieces.removeAll { $0.batch == old }
    }
    return try made(pieces, header, nowMs: nowMs, isOfThisBoot: header.boot == currentBoot)
  }

  private func made(
    _ pieces: [Evidence], _ header: ResultsHeader, nowMs: Int64, isOfThisBoot: Bool
  ) throws(OpenSSLError) -> Made {
    var header = header
    header.kind = .evidence
    header.count = pieces.count
    var writer = ByteWriter(capacity: Batcher.byteLimit)
    header.encode(to: &writer)
    for piece in pieces { piece.encode(to: &writer) }
    let body = try code.sign(writer.bytes)
    var batch = Batch(
      sequence: header.sequence, bytes: body.count, baseMs: header.baseMs, assignedMs: nowMs,
      isOfThisBoot: isOfThisBoot)
    batch.about = BatchSpan.spans(of: pieces.map(\.batch))
    return Made(
      name: BatchName(stream: header.stream, sequence: header.sequence), body: body, batch: batch)
  }
}

extension Evidence {
  /// The batch of the record that it is about.
  fileprivate var batch: BatchName {
    get { BatchName(stream: stream, sequence: sequence) }
    set { (stream, sequence) = (newValue.stream, newValue.sequence) }
  }
}
