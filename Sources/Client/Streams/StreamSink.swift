import Curl

/// Passes the head and the body of an answer on as they come.
final class StreamSink: TransferDelegate {
  private let pipe: StreamPipe
  private var head = HeadReader()
  private(set) var isOverfull = false

  init(_ pipe: StreamPipe) { self.pipe = pipe }

  func transfer(_ handle: EasyHandle, received bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.isEmpty || pipe.push(.body(Array(bytes)))
  }

  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool {
    head.take(line)
    isOverfull = head.isOverfull
    if isOverfull { return false }
    let status = handle.info(.status)
    guard HeadReader.isEnd(line), status >= 200 else { return true }
    return pipe.push(.head(status: status, headers: head.headers))
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool { true }
  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {}
}
