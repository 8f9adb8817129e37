/// The answer to one call of the gRPC health service, as it comes (the gRPC over HTTP/2 protocol, and
/// `grpc/health/v1/health.proto`).
///
/// A message is a byte that says whether it is compressed, its length as four bytes, and its bytes.
public struct GRPCAnswer: Hashable, Sendable {
  /// More bytes are not read: a health message has two.
  public static let bodyLimit = 64 << 10

  /// The status of the call, from the trailers, or from the head of an answer without a body.
  public private(set) var status: Int?
  /// What the server says of that.
  public private(set) var words = ""
  public private(set) var contentType = ""
  private var body: [UInt8] = []

  public init() {}

  /// The call for a service's health, the whole server's for an empty name, as the body of its request.
  public static func request(service: String) -> [UInt8] {
    let name = Array(service.utf8)
    var message: [UInt8] = []
    if !name.isEmpty {
      message.append(0x0a)
      var rest = name.count
      while rest > 0x7f {
        message.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      message.append(UInt8(truncatingIfNeeded: rest))
      message += name
    }
    let count = UInt32(clamping: message.count)
    return [0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * $0)) } + message
  }

  /// Takes a line of the head or of the trailers.
  public mutating func take(line: UnsafeRawBufferPointer) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = line[..<colon].map { SecretMask.lowercased($0) }
    let value = line[(colon + 1)...].filter { $0 != 13 && $0 != 10 }.drop { $0 == 0x20 || $0 == 9 }
    switch String(decoding: name, as: UTF8.self) {
    case "grpc-status": status = Int(String(decoding: value, as: UTF8.self))
    case "grpc-message": words = Self.decoded(Array(value.prefix(1_024)))
    case "content-type": contentType = String(decoding: value.prefix(128), as: UTF8.self)
    default: break
    }
  }

  /// Takes a piece of the body.
  ///
  /// - Returns: whether there was room for it.
  public mutating func take(body piece: UnsafeRawBufferPointer) -> Bool {
    guard piece.count <= Self.bodyLimit - body.count else { return false }
    body += piece
    return true
  }

  /// The first message without its head; `nil` where it is not whole, or is compressed.
  public var message: [UInt8]? {
    guard body.count >= 5, body[0] == 0 else { return nil }
    let count = body[1..<5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard count <= UInt64(body.count - 5) else { return nil }
    return Array(body[5..<(5 + Int(count))])
  }

  /// What the message says (`HealthCheckResponse.ServingStatus`); `nil` where it can't be read.
  public var serving: Serving? {
    guard let message else { return nil }
    var rest = message[...]
    // A status of 0 is not written.
    var number: UInt64 = 0
    while !rest.isEmpty {
      guard let key = Self.varint(&rest) else { return nil }
      switch key & 7 {
      case 0:
        guard let value = Self.varint(&rest) else { return nil }
        if key >> 3 == 1 { number = value }
      case 1:
        guard rest.count >= 8 else { return nil }
        rest = rest.dropFirst(8)
      case 2:
        guard let count = Self.varint(&rest), count <= UInt64(rest.count) else { return nil }
        rest = rest.dropFirst(Int(count))
      case 5:
        guard rest.count >= 4 else { return nil }
        rest = rest.dropFirst(4)
      default: return nil
      }
    }
    return Serving(number: number)
  }

  /// What a service says of itself.
  public enum Serving: Hashable, Sendable {
    case unknown, serving, notServing, serviceUnknown
    case other(UInt64)

    init(number: UInt64) {
      switch number {
      case 0: self = .unknown
      case 1: self = .serving
      case 2: self = .notServing
      case 3: self = .serviceUnknown
      default: self = .other(number)
      }
    }

    /// The word for it in the protocol.
    public var word: String {
      switch self {
      case .unknown: "UNKNOWN"
      case .serving: "SERVING"
      case .notServing: "NOT_SERVING"
      case .serviceUnknown: "SERVICE_UNKNOWN"
      case .other(let number): "\(number)"
      }
    }
  }

  /// The protocol's word for the status of a call.
  public static func word(ofStatus status: Int) -> String {
    let words = [
      "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
      "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
      "UNAUTHENTICATED",
    ]
    return words.indices.contains(status) ? "\(words[status]) (\(status))" : "\(status)"
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  /// Percent-decoded, as the protocol writes its messages.
  private static func decoded(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
