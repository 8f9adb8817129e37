import Curl
import Synchronization

/// Gathers the head and the body of one answer.
final class AnswerSink: TransferDelegate {
  private let limit: Int
  private let isWanted: () -> Bool
  private(set) var body: [UInt8] = []
  private(set) var headers: [APIAnswer.Header] = []
  private(set) var isOverfull = false
  private var headBytes = 0

  private static let headLimit = 256 << 10

  init(limit: Int, isWanted: @escaping () -> Bool) {
    self.limit = limit
    self.isWanted = isWanted
  }

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
    // A head before it was a proxy's, or said to go on.
    if line.starts(with: "HTTP/".utf8) { headers = [] }
    headBytes += line.count
    guard isWanted() else { return false }
    guard headBytes <= Self.headLimit else {
      isOverfull = true
      return false
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return true }
    let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
    var value = line[(colon + 1)...].drop(while: isSpace)
    while let last = value.last, isSpace(last) { value = value.dropLast() }
    headers.append(
      APIAnswer.Header(
        name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
        value: String(decoding: value, as: UTF8.self)))
    return true
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool { isWanted() }
  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {}
}
