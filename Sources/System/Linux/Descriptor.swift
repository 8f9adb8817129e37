import CLinux

/// Owns one file descriptor and closes it when it goes away.
public struct Descriptor: ~Copyable, Sendable {
  /// The number, valid for as long as this value lives.
  public let raw: Int32

  /// Takes over a descriptor that someone else opened.
  public init(owning raw: Int32) {
    self.raw = raw
  }

  deinit {
    _ = close(raw)
  }

  /// Checks a call's result: a descriptor, or -1 with `errno` set.
  static func opened(_ result: Int32, by call: StaticString) throws(SystemError) -> Descriptor {
    guard result >= 0 else { throw SystemError.last(call) }
    return Descriptor(owning: result)
  }
}
