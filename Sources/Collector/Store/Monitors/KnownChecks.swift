import JSON
import Model
import Synchronization

/// Checks that were read from their stored documents, so that a list need not take each text apart again:
/// what a text says never changes. Only of texts that hold no secrets.
final class KnownChecks: Sendable {
  static let shared = KnownChecks()

  /// Bytes of the texts that are remembered; then all is forgotten, and read again.
  private let most: Int
  private let known = Mutex<(checks: [String: Check], bytes: Int)>(([:], 0))

  init(most: Int = 4 << 20) { self.most = most }

  /// The check of `document`, read with `read` where it is not known.
  func check(
    of document: String, _ read: (String) throws(FieldErrors) -> Check
  ) throws(FieldErrors) -> Check {
    if let check = known.withLock({ $0.checks[document] }) { return check }
    let check = try read(document)
    known.withLock { known in
      if known.bytes + document.utf8.count > most { known = ([:], 0) }
      guard document.utf8.count <= most,
        known.checks.updateValue(check, forKey: document) == nil
      else { return }
      known.bytes += document.utf8.count
    }
    return check
  }
}
