import CLinux

/// A system call that failed: which one, and with what `errno`.
public struct SystemError: Error, Hashable, Sendable {
  /// The call's name, for a person.
  public let call: String
  /// The value of `errno`, as errno(3) lists them.
  public let code: Int32

  public init(_ call: String, code: Int32) {
    self.call = call
    self.code = code
  }

  /// Takes `errno` as it stands; make this the first thing done after the failed call.
  public static func last(_ call: StaticString) -> SystemError {
    let code = up_errno()
    return SystemError("\(call)", code: code)
  }

  /// The kernel's words for `code`, such as "Too many open files".
  public static func text(of code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else {
        return "error \(code)"
      }
      return String(cString: base)
    }
  }
}

extension SystemError: CustomStringConvertible {
  public var description: String { "\(call): \(Self.text(of: code))" }
}
