import Model
import OpenSSL

/// What a new agent is given to enrol with: once, within the hour, at the collector that it pins.
///
/// As a text: `upb_enr_` and, in base64url without padding,
/// `1 | token id 16 | secret 32 | n 1 | n x pin 32 | first 4 bytes of the SHA-256 of all before`.
public struct EnrolmentToken: Hashable, Sendable {
  /// How the text of every token begins.
  public static let prefix = "upb_enr_"
  /// Bytes in a token's secret.
  public static let secretCount = 32
  /// The most pins that a token carries.
  public static let pinLimit = 2

  public let id: TokenID
  /// 32 bytes, never sent.
  public let secret: [UInt8]
  /// None for plain loopback alone.
  public let pins: [Pin]

  public init(id: TokenID, secret: [UInt8], pins: [Pin]) {
    precondition(secret.count == Self.secretCount && pins.count <= Self.pinLimit)
    self.id = id
    self.secret = secret
    self.pins = pins
  }

  /// The text that a person passes on. It holds the secret: print it once, log it never.
  public func text() throws(OpenSSLError) -> String {
    var bytes: [UInt8] = [1] + id.bytes + secret + [UInt8(pins.count)]
    for pin in pins { bytes += pin.hash }
    bytes += try SHA256.digest(bytes).prefix(4)
    return Self.prefix + Base64.encode(bytes, .urlWithoutPadding)
  }

  /// Reads a token's text, spaces and line ends around it allowed.
  public init(text: String) throws(TokenError) {
    let trimmed = String(
      decoding: text.utf8.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed(),
      as: UTF8.self)
    guard trimmed.hasPrefix(Self.prefix) else { throw .notAToken }
    guard
      let bytes = Base64.decode(
        String(trimmed.dropFirst(Self.prefix.count)), .urlWithoutPadding),
      bytes.count >= 1 + 16 + 32 + 1 + 4, let sum = try? SHA256.digest(Array(bytes.dropLast(4))),
      sum.prefix(4).elementsEqual(bytes.suffix(4))
    else { throw .damaged }
    guard bytes[0] == 1 else { throw .laterVersion(bytes[0]) }
    let pinCount = Int(bytes[49])
    guard pinCount <= Self.pinLimit, bytes.count == 50 + pinCount * 32 + 4,
      let id = TokenID(bytes: bytes[1..<17])
    else { throw .damaged }
    self.id = id
    secret = Array(bytes[17..<49])
    pins = (0..<pinCount).compactMap { Pin(hash: Array(bytes[50 + $0 * 32..<82 + $0 * 32])) }
  }
}

/// Why a text is no enrolment token.
public enum TokenError: Error, Hashable, Sendable, CustomStringConvertible {
  case notAToken
  case damaged
  case laterVersion(UInt8)

  public var description: String {
    switch self {
    case .notAToken:
      "this is no enrolment token: one begins with \(EnrolmentToken.prefix)"
    case .damaged:
      "the enrolment token is incomplete or mistyped: copy all of it again"
    case .laterVersion(let version):
      "the enrolment token is of version \(version): update the agent"
    }
  }
}
