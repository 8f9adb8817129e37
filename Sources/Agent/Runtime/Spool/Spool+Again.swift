import AgentCore
import Linux
import Model
import Wire

extension Spool {
  /// The end of the names of files that hold a batch which was signed anew.
  static let againSuffix = ".seg-again"

  /// Puts another form of a held batch in its place: of the same sequences, signed anew.
  ///
  /// It goes to a file of its own, which is there whole or not at all: until then, and after the end
  /// of the process before then, the batch is held as it was.
  public func replace(_ name: BatchName, with body: [UInt8]) {
    if let index = waiting.firstIndex(where: { $0.name == name }) {
      waitingBytes += body.count - waiting[index].body.count
      waiting[index].body = body
      return
    }
    closeTail(of: name.stream)
    guard var stream = streams[name.stream], stream.entry(name.sequence) != nil else { return }
    let plain = Self.fileName(name.sequence).dropLast(4)
    let path = "\(path(of: name.stream))/\(plain)\(Self.againSuffix)"
    let bytes = Segment.encode(body)
    let isWritten: Void? = attempt { () throws(SystemError) in
      try Files.replace(path, with: bytes)
    }
    guard isWritten != nil else {
      waiting.append((name, body))
      waitingBytes += body.count
      return
    }
    stream.files = stream.files.filter { $0.value.path != path }
    let number = stream.add(SegmentFile(path: path, size: bytes.count))
    let entry = body.withUnsafeBytes { Entry($0, stream: name.stream, file: number, offset: 0) }
    if let entry { stream.insert(entry) }
    streams[name.stream] = stream
  }
}
