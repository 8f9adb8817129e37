/// The SHA-256 of a collector's public key (DER SubjectPublicKeyInfo), by which agents know it.
public struct Pin: Hashable, Sendable {
  /// 32 bytes.
  public let hash: [UInt8]

  /// `nil` unless there are 32 bytes.
  public init?(hash: [UInt8]) {
    guard hash.count == 32 else { return nil }
    self.hash = hash
  }
}

extension Pin: LosslessStringConvertible {
  /// libcurl's form: `sha256//` and base64.
  public var description: String { "sha256//" + Base64.encode(hash, .standard) }

  public init?(_ description: String) {
    let prefix = "sha256//"
    guard description.hasPrefix(prefix),
      let hash = Base64.decode(String(description.dropFirst(prefix.count)), .standard)
    else { return nil }
    self.init(hash: hash)
  }
}
