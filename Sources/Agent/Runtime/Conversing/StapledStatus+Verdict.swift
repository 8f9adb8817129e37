import Dialogue
import OpenSSL

extension StapledStatus {
  /// What the server of a connection (`SSL`) sent of its leaf, once the handshake is over.
  static func of(_ tls: OpaquePointer) -> StapledStatus {
    switch StapledVerdict.of(tls) {
    case .absent: .absent
    case .good: .good
    case .revoked: .revoked
    case .unknown: .unknown
    case .invalid(let words): .invalid(words)
    }
  }
}
