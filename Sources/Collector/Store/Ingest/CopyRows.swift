/// Rows of `result` in COPY's binary format, ready to be sent as they are.
///
/// `@unchecked Sendable`: the bytes are written before this exists and never after.
public final class CopyRows: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer?
  private let byteCount: Int
  /// How many rows they are.
  public let rowCount: Int

  /// Takes over memory from `malloc`.
  @usableFromInline
  init(base: UnsafeMutableRawPointer?, byteCount: Int, rowCount: Int) {
    self.base = base
    self.byteCount = byteCount
    self.rowCount = rowCount
  }

  deinit { base?.deallocate() }

  /// The tuples, valid while this lives.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base, count: byteCount)
  }
}
