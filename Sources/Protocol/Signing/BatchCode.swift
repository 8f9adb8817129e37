import Model
import OpenSSL
import Wire

/// Signs and checks the RESULTS bodies of one agent under one key id.
///
/// The code is HMAC-SHA-256 over `upb1 batch`, a NUL and every byte of the body before it. It is made
/// once, when a batch is spooled, and survives reconnects, a change of collector and the disk. It
/// belongs to one thread at a time.
public final class BatchCode {
  private static let label = Array("upb1 batch\0".utf8)
  private let hmac: HMAC

  public init(keys: AgentKeys) throws(OpenSSLError) { hmac = try HMAC(key: keys.batch) }

  /// `body` and its code behind it.
  public func sign(_ body: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    try hmac.restart()
    try hmac.update(Self.label)
    try hmac.update(body)
    return body + (try hmac.finish())
  }

  /// Whether the body's code was made under this key.
  public func verify(_ body: ResultsBody) throws(OpenSSLError) -> Bool {
    try hmac.restart()
    try hmac.update(Self.label)
    try hmac.update(body.signed)
    let expected = try hmac.finish()
    return expected.withUnsafeBytes { equalInConstantTime($0, body.code) }
  }
}

extension BatchDigest {
  /// The digest of a whole RESULTS body, its code included.
  public init(of body: UnsafeRawBufferPointer) throws(OpenSSLError) {
    var value: UInt64 = 0
    for byte in try SHA256.digest(body).prefix(8) { value = value << 8 | UInt64(byte) }
    self.init(value)
  }

  /// The digest of a whole RESULTS body, its code included.
  public init(of body: [UInt8]) throws(OpenSSLError) {
    var value: UInt64 = 0
    for byte in try SHA256.digest(body).prefix(8) { value = value << 8 | UInt64(byte) }
    self.init(value)
  }
}
