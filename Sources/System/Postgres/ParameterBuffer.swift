/// The parameters of one statement in binary form, with one allocation for all, used again and
/// again.
struct ParameterBuffer {
  private(set) var types: [UInt32] = []
  private var bytes: [UInt8] = []
  private var offsets: [Int] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  mutating func fill(_ values: [any PostgresValue]) {
    types.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    formats.removeAll(keepingCapacity: true)
    for value in values {
      types.append(type(of: value).postgresType)
      let start = bytes.count
      let isPresent = value.encodePostgres(into: &bytes)
      offsets.append(isPresent ? start : -1)
      lengths.append(isPresent ? Int32(truncatingIfNeeded: bytes.count - start) : 0)
      formats.append(1)
    }
    // A value of no bytes still needs an address.
    bytes.append(0)
  }

  /// Calls `body` with what libpq's functions take, valid during the call.
  func withPointers<R>(
    _ body: (
      Int32, UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>
    ) -> R
  ) -> R {
    bytes.withUnsafeBytes { raw in
      let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers: [UnsafePointer<CChar>?] = offsets.map { offset in
        offset < 0 ? nil : base.map { $0 + offset }
      }
      return body(Int32(offsets.count), pointers, lengths, formats)
    }
  }
}
