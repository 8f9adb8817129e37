import JSON
import Signing
import Store

/// Public keys as other programs read them (RFC 7518 section 6.2.1).
enum KeySet {
  static func json(_ key: SigningKeys.Published) -> JSONValue {
    // 4, x and y.
    let half = key.publicKey.count / 2
    func text(_ bytes: ArraySlice<UInt8>) -> JSONValue {
      .string(Base64.encode(Array(bytes), .urlWithoutPadding))
    }
    return [
      "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": .string(key.kid),
      "x": text(key.publicKey[1...half]), "y": text(key.publicKey[(half + 1)...]),
    ]
  }
}
