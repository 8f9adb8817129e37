/// The frames of the protocol, as the type byte numbers them.
public enum FrameType: UInt8, Sendable, CaseIterable {
  case hello = 0x01
  case challenge = 0x02
  case auth = 0x03
  case welcome = 0x04
  case enroll = 0x05
  case enrolled = 0x06
  case assignFull = 0x10
  case assignDelta = 0x11
  case assignAck = 0x12
  case results = 0x20
  case ack = 0x21
  case nack = 0x22
  case credit = 0x23
  case probeNow = 0x30
  case probeDone = 0x31
  case overdue = 0x32
  case timeRequest = 0x40
  case timeResponse = 0x41
  case ping = 0x50
  case pong = 0x51
  case alive = 0x52
  case keyRotate = 0x60
  case keyRotated = 0x61
  case pins = 0x62
  case goAway = 0x7e
  case error = 0x7f
  case `try` = 0xb4
  case tried = 0xb5

  /// The first type that a receiver may skip without knowing it.
  public static let firstSkippable: UInt8 = 0x80

  /// The most that the length field of a frame of this type may say, once its sender is proven.
  public var lengthLimit: UInt32 {
    switch self {
    case .results: 256 << 10
    case .assignFull, .assignDelta: 1 << 20
    case .probeNow, .try: 64 << 10
    default: 16 << 10
    }
  }

  /// The most bytes that the body of a tagged frame of this type may have.
  public var bodyLimit: Int { Int(lengthLimit) + 4 - Frame.headerCount - Frame.tagCount }

  /// Who may send it.
  public var sender: Sender {
    switch self {
    case .hello, .auth, .enroll, .assignAck, .results, .probeDone, .overdue, .timeRequest, .alive,
      .keyRotated, .tried:
      .agent
    case .challenge, .welcome, .enrolled, .assignFull, .assignDelta, .ack, .nack, .credit,
      .probeNow, .timeResponse, .keyRotate, .pins, .try:
      .collector
    case .ping, .pong, .goAway, .error: .either
    }
  }

  public enum Sender: Sendable {
    case agent
    case collector
    case either
  }
}
