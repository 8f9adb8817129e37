import CLinux

/// How many threads this process has, as the kernel counts them (proc(5), `/proc/self/stat`).
///
/// Not `Sendable`: it belongs to the thread that asks.
public final class ThreadCount {
  private let file: OpenFile

  /// - Throws: where there is no `/proc`.
  public init() throws(SystemError) {
    file = try OpenFile("/proc/self/stat", .readOnly)
  }

  /// The threads now; `nil` where the kernel does not say.
  public var now: Int? {
    guard let bytes = try? file.read(at: 0, count: 1_024),
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    // Field 20; the second, which may hold spaces, ends with the last parenthesis.
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 17 else { return nil }
    return Int(String(decoding: fields[17], as: UTF8.self))
  }
}
