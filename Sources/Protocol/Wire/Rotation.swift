import Model

/// KEY_ROTATE: the collector asks for a new root and sends its half.
public struct KeyRotate: FrameBody {
  public static let type = FrameType.keyRotate

  /// The present key's number plus one.
  public var keyID: UInt32
  /// The collector's X25519 public key: 32 bytes.
  public var publicKey: [UInt8]
  /// 32 random bytes.
  public var nonce: [UInt8]

  public init(keyID: UInt32, publicKey: [UInt8], nonce: [UInt8]) {
    self.keyID = keyID
    self.publicKey = publicKey
    self.nonce = nonce
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    keyID = try reader.uint32()
    publicKey = try reader.bytes(32)
    nonce = try reader.bytes(32)
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint32(keyID)
    writer.raw(publicKey)
    writer.raw(nonce)
  }
}

/// KEY_ROTATED: the agent has the new root on disk and proves that it holds it.
public struct KeyRotated: FrameBody {
  public static let type = FrameType.keyRotated

  public var keyID: UInt32
  /// The agent's X25519 public key: 32 bytes.
  public var publicKey: [UInt8]
  /// 32 random bytes.
  public var nonce: [UInt8]
  /// HMAC under the new root: 32 bytes.
  public var code: [UInt8]

  public init(keyID: UInt32, publicKey: [UInt8], nonce: [UInt8], code: [UInt8]) {
    self.keyID = keyID
    self.publicKey = publicKey
    self.nonce = nonce
    self.code = code
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    code = try reader.trailingCode()
    keyID = try reader.uint32()
    publicKey = try reader.bytes(32)
    nonce = try reader.bytes(32)
  }

  public func encode(to writer: inout ByteWriter) {
    encodePreceding(to: &writer)
    writer.raw(code)
  }

  /// What the code covers, beside KEY_ROTATE's body: all that stands before it.
  public func encodePreceding(to writer: inout ByteWriter) {
    writer.uint32(keyID)
    writer.raw(publicKey)
    writer.raw(nonce)
  }
}

/// PINS: the public keys that the agent is to accept from now on, the present one and the next.
public struct Pins: FrameBody {
  public static let type = FrameType.pins
  /// The most pins that can be in force.
  public static let limit = 2

  /// SHA-256 of a SubjectPublicKeyInfo each: 32 bytes; one or two of them.
  public var hashes: [[UInt8]]

  public init(hashes: [[UInt8]]) { self.hashes = hashes }

  public init(from reader: inout ByteReader) throws(WireError) {
    let count = Int(try reader.uint8())
    guard (1...Self.limit).contains(count) else { throw .count }
    hashes = []
    for _ in 0..<count { hashes.append(try reader.bytes(32)) }
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint8(UInt8(hashes.count))
    for hash in hashes { writer.raw(hash) }
  }
}
