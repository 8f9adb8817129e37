import COpenSSL

/// OpenSSL refused an operation: it is out of memory, misconfigured, or was given a malformed key.
public struct OpenSSLError: Error, Sendable, CustomStringConvertible {
  /// What was attempted.
  public let operation: String
  /// The oldest entry of OpenSSL's error queue on this thread, or "no reason given".
  public let reason: String

  init(_ operation: String) {
    self.operation = operation
    let code = ERR_get_error()
    if code == 0 {
      reason = "no reason given"
    } else {
      reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
        guard let start = text.baseAddress else { return "no reason given" }
        ERR_error_string_n(code, start, text.count)
        return String(cString: start)
      }
    }
    ERR_clear_error()
  }

  public var description: String { "OpenSSL could not \(operation): \(reason)" }
}
