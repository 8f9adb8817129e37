import Curl

/// Gathers the head and the body of one answer.
final class AnswerSink: TransferDelegate {
  private let limit: Int
  private let isWanted: () -> Bool
  private var head = HeadReader()
  private(set) var body: [UInt8] = []
  private(set) var isOverfull = false

  init(limit: Int, isWanted: @escaping () -> Bool) {
    self.limit = limit
    self.isWanted = isWanted
  }

  var headers: [APIAnswer.Header] { head.headers }

  func transfer(_ handle: EasyHandle, received bytes: UnsafeRawBufferPointer) -> Bool {
    guard isWanted() else { return false }
    guard bytes.count <= limit - body.count else {
      isOverfull = true
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool {
    head.take(line)
    isOverfull = isOverfull || head.isOverfull
    return isWanted() && !isOverfull
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool { isWanted() }
  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {}
}
