import Wire

/// The file that says how far a stream is acked: the sequence, 8 bytes big-endian, and the CRC-32C of
/// these, 4 bytes big-endian. What does not match is no hint.
enum AckHint {
  static func encode(_ acked: UInt64) -> [UInt8] {
    var writer = ByteWriter()
    writer.uint64(acked)
    let checksum = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
    writer.uint32(checksum)
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8]) -> UInt64? {
    guard bytes.count == 12 else { return nil }
    let acked = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    return encode(acked) == bytes ? acked : nil
  }
}
