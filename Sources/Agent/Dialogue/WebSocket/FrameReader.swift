/// What a frame is (RFC 6455 section 5.2).
enum FrameKind: UInt8, Hashable, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  var isControl: Bool { rawValue & 8 != 0 }
}

/// Cuts what a server sends into frames, without waiting for the end of long ones.
///
///     final 1, reserved 3, kind 4; masked 1, length 7; length 16 or 64 for 126 or 127; payload
struct FrameReader: Sendable {
  enum Event: Hashable {
    /// Bytes of a message, of any number of frames.
    case content([UInt8])
    /// The message is over.
    case messageEnd
    case close([UInt8])
    case ping([UInt8])
    case pong
    case invalid(String)
  }

  private var head: [UInt8] = []
  private var kind = FrameKind.text
  private var isFinal = true
  /// Bytes of the payload that are still to come; `nil` within a head.
  private var left: UInt64?
  /// Of a control frame.
  private var control: [UInt8] = []
  /// Whether a message's first frame has come and its last has not.
  private var isWithinMessage = false
  private var isBroken = false

  mutating func take(_ bytes: [UInt8]) -> [Event] {
    var rest = bytes[...]
    var events: [Event] = []
    while !isBroken {
      if let left, left > 0 {
        guard !rest.isEmpty else { return events }
        let piece = rest.prefix(Int(clamping: left))
        rest = rest.dropFirst(piece.count)
        self.left = left - UInt64(piece.count)
        if kind.isControl {
          control += piece
        } else {
          events.append(.content(Array(piece)))
        }
      }
      if left == 0 {
        left = nil
        events += frameEnd()
        continue
      }
      guard left == nil else { return events }
      guard let byte = rest.popFirst() else { return events }
      head.append(byte)
      if let problem = readHead() {
        isBroken = true
        return events + [.invalid(problem)]
      }
    }
    return events
  }

  private mutating func frameEnd() -> [Event] {
    defer { control = [] }
    switch kind {
    case .close: return [.close(control)]
    case .ping: return [.ping(control)]
    case .pong: return [.pong]
    case .continuation, .text, .binary:
      isWithinMessage = !isFinal
      return isFinal ? [.messageEnd] : []
    }
  }

  /// Looks at the head as far as it has come.
  ///
  /// - Returns: what is wrong with it.
  private mutating func readHead() -> String? {
    let first = head[0]
    if head.count == 1 {
      guard first & 0x70 == 0 else { return "a frame with reserved bits set" }
      guard let kind = FrameKind(rawValue: first & 0x0f) else {
        return "a frame of the reserved kind \(first & 0x0f)"
      }
      self.kind = kind
      isFinal = first & 0x80 != 0
      if kind.isControl {
        return isFinal ? nil : "a control frame in pieces"
      }
      guard (kind == .continuation) == isWithinMessage else {
        return isWithinMessage
          ? "a message begins within another" : "a message goes on that has not begun"
      }
      return nil
    }
    guard head[1] & 0x80 == 0 else { return "a masked frame, which only clients send" }
    let short = head[1] & 0x7f
    if kind.isControl, short > 125 { return "a control frame of more than 125 bytes" }
    let wide = short == 126 ? 2 : short == 127 ? 8 : 0
    guard head.count == 2 + wide else { return nil }
    let length =
      wide == 0 ? UInt64(short) : head[2...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >> 63 == 0 else { return "a frame of more than 2^63 bytes" }
    guard wide == 0 || length > (wide == 2 ? 125 : 0xffff) else {
      return "a length in more bytes than it needs"
    }
    head.removeAll(keepingCapacity: true)
    left = length
    return nil
  }
}

/// Frames that a client sends, masked.
enum ClientFrame {
  /// One whole frame.
  ///
  /// - Parameter mask: four bytes that the peer can't foresee.
  static func bytes(_ kind: FrameKind, _ payload: [UInt8], mask: UInt32) -> [UInt8] {
    let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> UInt32(24 - 8 * $0)) }
    var frame: [UInt8] = [0x80 | kind.rawValue]
    switch payload.count {
    case ...125: frame.append(0x80 | UInt8(payload.count))
    case ...0xffff: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default:
      frame.append(0x80 | 127)
      frame += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    frame += key
    frame.reserveCapacity(frame.count + payload.count)
    for (index, byte) in payload.enumerated() { frame.append(byte ^ key[index & 3]) }
    return frame
  }

  /// The payload of a close frame.
  static func closing(_ code: UInt16) -> [UInt8] { [UInt8(code >> 8), UInt8(code & 255)] }
}
