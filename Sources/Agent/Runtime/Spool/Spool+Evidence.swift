import AgentCore
import Linux
import Model
import Wire

/// Evidence in the spool: less than results, bounded apart, and the first to go.
extension Spool {
  /// Bytes of all segments of evidence.
  public var evidenceBytes: Int {
    streams.values.reduce(0) { sum, stream in
      stream.isEvidence ? stream.files.values.reduce(sum) { $0 + $1.size } : sum
    }
  }

  /// How many bytes of evidence are to go, so that there is always room for one batch more.
  var evidenceExcess: Int {
    evidenceBytes - max(limits.evidenceBytes / 2, limits.evidenceBytes - Batcher.byteLimit)
  }

  /// Whether a batch of evidence would be taken. It never is while results lack room.
  public func hasRoom(forEvidence bytes: Int) -> Bool {
    !isStuck && !isSpaceShort && evidenceBytes + bytes <= limits.evidenceBytes
  }

  /// Takes a batch of evidence, if there is room for it. One that can't be written does not wait in
  /// memory: the room there is for results.
  ///
  /// - Returns: whether it is in a file.
  public func append(evidence body: [UInt8], as name: BatchName) -> Bool {
    guard hasRoom(forEvidence: body.count) else { return false }
    let isWritten: Void? = attempt { () throws(SystemError) in try write(body, name) }
    return isWritten != nil
  }
}
