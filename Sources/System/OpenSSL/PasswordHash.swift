import COpenSSL

/// What is kept of a password: scrypt (RFC 7914) of it under a random salt.
///
/// As text `$scrypt$ln=17,r=8,p=1$salt$hash`, where N = 2^ln and salt and hash are base64 without
/// padding (RFC 4648 section 4); it says how it was made, so that the parameters may grow and old
/// hashes still be verified. The password is hashed as the bytes that it is given as: who types a
/// letter as one code point once and as two another time types another password.
public struct PasswordHash: Hashable, Sendable {
  /// What scrypt costs: 128 * 2^logN * r bytes of memory, and p times the work of filling it.
  public struct Parameters: Hashable, Sendable {
    /// 1 to 20.
    public var logN: Int
    /// 1 to 32.
    public var r: Int
    /// 1 to 16.
    public var p: Int

    /// `nil` outside the ranges, or where it would take more than 256 MiB.
    public init?(logN: Int, r: Int, p: Int) {
      guard 1...20 ~= logN, 1...32 ~= r, 1...16 ~= p, 128 * r << logN <= 256 << 20 else {
        return nil
      }
      self.init(checkedLogN: logN, r: r, p: p)
    }

    private init(checkedLogN logN: Int, r: Int, p: Int) {
      (self.logN, self.r, self.p) = (logN, r, p)
    }

    /// N = 2^17, r = 8, p = 1: the first of the equivalent settings of OWASP's Password Storage
    /// Cheat Sheet. Takes 128 MiB and some tenths of a second.
    public static let standard = Parameters(checkedLogN: 17, r: 8, p: 1)

    /// Bytes that OpenSSL may take: what the blocks need (RFC 7914 section 2), and a little more.
    var memoryBound: UInt64 { UInt64(128 * r << logN) + UInt64(128 * r * p) + (1 << 20) }
  }

  /// Bytes of salt that a new hash gets.
  private static let saltCount = 16
  private static let hashCount = 32

  public let parameters: Parameters
  private let salt: [UInt8]
  private let hash: [UInt8]

  /// Hashes `password` under a new salt. Blocks for as long as `parameters` make it.
  public init(
    hashing password: String, _ parameters: Parameters = .standard
  ) throws(OpenSSLError) {
    let salt = try randomBytes(Self.saltCount)
    let hash = try Self.derive(password, salt, parameters, count: Self.hashCount)
    self.init(parameters: parameters, salt: salt, hash: hash)
  }

  /// What no password matches, for as much work as another: so that an answer's time does not tell
  /// whether there is a hash.
  public static func decoy(
    _ parameters: Parameters = .standard
  ) throws(OpenSSLError) -> PasswordHash {
    PasswordHash(
      parameters: parameters, salt: try randomBytes(saltCount), hash: try randomBytes(hashCount))
  }

  private init(parameters: Parameters, salt: [UInt8], hash: [UInt8]) {
    (self.parameters, self.salt, self.hash) = (parameters, salt, hash)
  }

  /// Reads the text form. `nil` for another function, parameters out of range or a torn text.
  public init?(text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
      let parameters = Self.parameters(parts[2]),
      let salt = PlainBase64.decode(parts[3]), 8...64 ~= salt.count,
      let hash = PlainBase64.decode(parts[4]), 16...64 ~= hash.count
    else { return nil }
    self.init(parameters: parameters, salt: salt, hash: hash)
  }

  /// The text form.
  public var text: String {
    "$scrypt$ln=\(parameters.logN),r=\(parameters.r),p=\(parameters.p)$"
      + PlainBase64.encode(salt) + "$" + PlainBase64.encode(hash)
  }

  /// Whether `password` is the one that was hashed; compares in constant time. Blocks as `init` does.
  public func matches(_ password: String) throws(OpenSSLError) -> Bool {
    equalInConstantTime(
      try Self.derive(password, salt, parameters, count: hash.count), hash)
  }

  /// Whether a password that has just been verified should be hashed anew, since `parameters` are
  /// those of today.
  public func needsRehash(_ parameters: Parameters = .standard) -> Bool {
    self.parameters != parameters || salt.count != Self.saltCount || hash.count != Self.hashCount
  }

  private static func derive(
    _ password: String, _ salt: [UInt8], _ parameters: Parameters, count: Int
  ) throws(OpenSSLError) -> [UInt8] {
    var bytes = Array(password.utf8)
    defer { OPENSSL_cleanse(&bytes, bytes.count) }
    var output = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeBytes { raw in
      // An empty password has no address to give, and NULL would ask only whether the parameters fit.
      var none: CChar = 0
      return withUnsafePointer(to: &none) { empty in
        EVP_PBE_scrypt(
          raw.assumingMemoryBound(to: CChar.self).baseAddress ?? empty, raw.count, salt, salt.count,
          1 << UInt64(parameters.logN), UInt64(parameters.r), UInt64(parameters.p),
          parameters.memoryBound, &output, count)
      }
    }
    guard result == 1 else { throw OpenSSLError("hash a password") }
    return output
  }

  private static func parameters(_ text: Substring) -> Parameters? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    var values: [Int] = []
    for (part, name) in zip(parts, ["ln=", "r=", "p="]) {
      let digits = part.dropFirst(name.count)
      guard part.hasPrefix(name), digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
        let value = Int(digits)
      else { return nil }
      values.append(value)
    }
    return Parameters(logN: values[0], r: values[1], p: values[2])
  }
}

/// Base64 without padding (RFC 4648 sections 4 and 3.2).
enum PlainBase64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for index in 0..<3 {
        word = word << 8 | (index < group.count ? UInt32(group[start + index]) : 0)
      }
      for index in 0...group.count {
        text.append(alphabet[Int(word >> UInt32(18 - 6 * index)) & 63])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `nil` for a letter outside the alphabet or bits that belong to no byte.
  static func decode(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    for letter in text.utf8 {
      guard let value = alphabet.firstIndex(of: letter) else { return nil }
      word = (word << 6 | UInt32(value)) & 0xfff
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    guard bits < 6, word & (1 << UInt32(bits) - 1) == 0 else { return nil }
    return bytes
  }
}
