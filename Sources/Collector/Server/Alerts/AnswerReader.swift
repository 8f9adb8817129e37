import Alerts
import Curl

/// Reads an answer as far as anybody looks at it, and judges every address before it is connected to.
final class AnswerReader: TransferDelegate {
  /// How much of a body, and of all header lines, is kept, bytes.
  static let mostBody = 16_384
  static let mostHead = 16_384

  private let receivers: ReceiverGuard
  /// Why the last address was refused.
  private(set) var refusal: String?
  private(set) var body: [UInt8] = []
  private(set) var headers: [(name: String, value: String)] = []
  /// What a mail server said without the code, the last time that it did not agree.
  private(set) var objection = ""
  /// Whether the head of an answer was read whole.
  private(set) var isHeadWhole = false
  private var headBytes = 0

  init(_ receivers: ReceiverGuard) {
    self.receivers = receivers
  }

  func transfer(_ handle: EasyHandle, received bytes: UnsafeRawBufferPointer) -> Bool {
    let room = Self.mostBody - body.count
    body += bytes.prefix(room)
    return bytes.count <= room
  }

  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool {
    headBytes += line.count
    var bytes = Array(line)
    while let last = bytes.last, last == 0x0d || last == 0x0a { bytes.removeLast() }
    if bytes.isEmpty {
      isHeadWhole = true
    } else if bytes.starts(with: "HTTP/".utf8) {
      // What came before was an interim answer (RFC 9110 section 15.2).
      headers = []
      isHeadWhole = false
    } else if headBytes <= Self.mostHead, let colon = bytes.firstIndex(of: 0x3a) {
      headers.append(
        (
          String(decoding: bytes[..<colon], as: UTF8.self),
          String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        ))
    }
    if bytes.first == 0x34 || bytes.first == 0x35 {
      objection = String(decoding: bytes.dropFirst(4), as: UTF8.self)
    }
    return true
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool {
    refusal = receivers.refusal(of: address)
    return refusal == nil
  }

  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {}
}
