import Checks
import JSON
import Model
import Synchronization

/// Checks that were read from their stored documents, so that a list need not take each text apart again:
/// what a text says never changes. Only of texts that hold no secrets.
final class KnownChecks: Sendable {
  /// A check, and the document of it that may be told.
  struct Known: Sendable {
    var check: Check
    var shown: JSONValue

    init(_ check: Check) {
      self.check = check
      shown = CheckDocument.json(check, hidingSecrets: true)
    }
  }

  static let shared = KnownChecks()

  /// Bytes of the texts that are remembered, each with some times as much of what it says; then all is
  /// forgotten, and read again.
  private let most: Int
  private let known = Mutex<(checks: [String: Known], bytes: Int)>(([:], 0))

  init(most: Int = 1 << 20) { self.most = most }

  /// The check of `document`, read with `read` where it is not known.
  func check(
    of document: String, _ read: (String) throws(FieldErrors) -> Check
  ) throws(FieldErrors) -> Known {
    if let check = known.withLock({ $0.checks[document] }) { return check }
    let check = Known(try read(document))
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
