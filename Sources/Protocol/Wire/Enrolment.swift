import Model

/// ENROLL: a new agent shows that it holds a token, without sending the token's secret.
public struct Enroll: FrameBody {
  public static let type = FrameType.enroll

  public var token: TokenID
  /// The agent's X25519 public key: 32 bytes.
  public var publicKey: [UInt8]
  /// 32 random bytes.
  public var nonce: [UInt8]
  public var hostname: String
  public var region: String
  public var provider: String
  public var software: String
  /// HMAC under the token's secret: 32 bytes.
  public var code: [UInt8]

  public init(
    token: TokenID, publicKey: [UInt8], nonce: [UInt8], hostname: String, region: String,
    provider: String, software: String, code: [UInt8]
  ) {
    self.token = token
    self.publicKey = publicKey
    self.nonce = nonce
    self.hostname = hostname
    self.region = region
    self.provider = provider
    self.software = software
    self.code = code
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    code = try reader.trailingCode()
    try reader.expect("UPB1")
    token = try reader.identifier()
    publicKey = try reader.bytes(32)
    nonce = try reader.bytes(32)
    hostname = try reader.string(limit: TextLimit.name)
    region = try reader.string(limit: TextLimit.name)
    provider = try reader.string(limit: TextLimit.name)
    software = try reader.string(limit: TextLimit.name)
  }

  public func encode(to writer: inout ByteWriter) {
    encodePreceding(to: &writer)
    writer.raw(code)
  }

  /// What the code covers: all that stands before it.
  public func encodePreceding(to writer: inout ByteWriter) {
    writer.raw("UPB1")
    writer.identifier(token)
    writer.raw(publicKey)
    writer.raw(nonce)
    writer.string(hostname, limit: TextLimit.name)
    writer.string(region, limit: TextLimit.name)
    writer.string(provider, limit: TextLimit.name)
    writer.string(software, limit: TextLimit.name)
  }
}

/// ENROLLED: the collector's half of the agent's root key, and who the agent is from now on.
public struct Enrolled: FrameBody {
  public static let type = FrameType.enrolled

  public var agent: AgentID
  public var keyID: UInt32
  /// The collector's X25519 public key: 32 bytes.
  public var publicKey: [UInt8]
  /// 32 random bytes.
  public var nonce: [UInt8]
  /// The region in effect: the token's where it fixes one.
  public var region: String
  /// The provider in effect: the token's where it fixes one.
  public var provider: String
  /// HMAC under the new root: 32 bytes.
  public var code: [UInt8]

  public init(
    agent: AgentID, keyID: UInt32, publicKey: [UInt8], nonce: [UInt8], region: String,
    provider: String, code: [UInt8]
  ) {
    self.agent = agent
    self.keyID = keyID
    self.publicKey = publicKey
    self.nonce = nonce
    self.region = region
    self.provider = provider
    self.code = code
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    code = try reader.trailingCode()
    agent = try reader.identifier()
    keyID = try reader.uint32()
    publicKey = try reader.bytes(32)
    nonce = try reader.bytes(32)
    region = try reader.string(limit: TextLimit.name)
    provider = try reader.string(limit: TextLimit.name)
  }

  public func encode(to writer: inout ByteWriter) {
    encodePreceding(to: &writer)
    writer.raw(code)
  }

  /// What the code covers: all that stands before it.
  public func encodePreceding(to writer: inout ByteWriter) {
    writer.identifier(agent)
    writer.uint32(keyID)
    writer.raw(publicKey)
    writer.raw(nonce)
    writer.string(region, limit: TextLimit.name)
    writer.string(provider, limit: TextLimit.name)
  }
}
