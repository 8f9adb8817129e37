import OpenSSL

/// What a secret is for: its first letters.
public protocol SecretPurpose: Hashable, Sendable {
  static var prefix: String { get }
}

/// The purposes of secrets that people and programs carry.
public enum AccountSecrets {
  public enum APIKey: SecretPurpose { public static let prefix = "upb_key_" }
  public enum Refresh: SecretPurpose { public static let prefix = "upb_rt_" }
  public enum Invitation: SecretPurpose { public static let prefix = "upb_inv_" }
  public enum Setup: SecretPurpose { public static let prefix = "upb_set_" }
}

/// The secret of an API key.
public typealias APIKeySecret = AccountSecret<AccountSecrets.APIKey>
/// What renews a session.
public typealias RefreshToken = AccountSecret<AccountSecrets.Refresh>
/// The secret in an invitation's link.
public typealias InvitationSecret = AccountSecret<AccountSecrets.Invitation>
/// The secret in the link of a first start.
public typealias SetupSecret = AccountSecret<AccountSecrets.Setup>

/// A secret that is shown once: the purpose's prefix, 30 characters of base 62 (178 bits from the
/// system's generator) and the CRC-32 of all before as 6 characters of base 62, so that a mistyped
/// one is told from a revoked one without asking the store and scanners find leaked ones.
///
/// The store keeps its SHA-256, which suffices for a secret that can't be guessed.
public struct AccountSecret<Purpose: SecretPurpose>: Hashable, Sendable, MaskedSecret {
  public static var prefix: String { Purpose.prefix }

  /// The secret's whole text.
  public let text: String

  /// Makes a new one.
  public static func random() -> Self {
    Self(body: Base62.random(Base62.randomCount))
  }

  /// `nil` for what is not such a secret, by its form and its check.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.prefix.utf8.count + Base62.randomCount + Base62.checkCount,
      bytes.starts(with: Self.prefix.utf8),
      bytes.dropFirst(Self.prefix.utf8.count).allSatisfy({ Base62.alphabet.contains($0) })
    else { return nil }
    let body = String(decoding: bytes.dropLast(Base62.checkCount), as: UTF8.self)
    guard text.utf8.elementsEqual((body + Base62.check(body)).utf8) else { return nil }
    self.text = text
  }

  /// From the 30 characters between prefix and check.
  init(body: String) {
    let start = Self.prefix + body
    text = start + Base62.check(start)
  }

  /// What the store keeps: SHA-256 of the text.
  public var hash: [UInt8] {
    get throws(OpenSSLError) { try SHA256.digest(Array(text.utf8)) }
  }

  /// What it is for, and nothing of the secret.
  public var description: String { "\(Self.prefix)..." }

  /// The last four letters, by which its owner knows it.
  public var end: String { String(text.suffix(4)) }

  /// The 30 characters between prefix and check.
  var body: Substring.UTF8View {
    text.dropFirst(Self.prefix.count).dropLast(Base62.checkCount).utf8
  }
}

extension AccountSecret where Purpose == AccountSecrets.Refresh {
  /// Of the 30 characters, how many name the family: 89 bits, as many as remain secret.
  private static var familyCount: Int { 15 }

  /// Another token of the same family.
  func successor() -> Self {
    let family = String(decoding: Array(body.prefix(Self.familyCount)), as: UTF8.self)
    return Self(body: family + Base62.random(Base62.randomCount - Self.familyCount))
  }

  /// SHA-256 of what all tokens of the family begin with.
  var familyHash: [UInt8] {
    get throws(OpenSSLError) {
      try SHA256.digest(Array(Self.prefix.utf8) + Array(body.prefix(Self.familyCount)))
    }
  }
}
