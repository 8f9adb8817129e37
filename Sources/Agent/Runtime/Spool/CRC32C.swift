/// The checksum of Castagnoli's polynomial (RFC 3720 appendix B.4), eight bytes a step.
enum CRC32C {
  private static let tables: [[UInt32]] = {
    var tables = [[UInt32]](repeating: [UInt32](repeating: 0, count: 256), count: 8)
    for value in 0..<256 {
      var register = UInt32(value)
      for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82f6_3b78 : register >> 1 }
      tables[0][value] = register
    }
    for step in 1..<8 {
      for value in 0..<256 {
        let before = tables[step - 1][value]
        tables[step][value] = tables[0][Int(before & 255)] ^ before >> 8
      }
    }
    return tables
  }()

  /// The checksum of `bytes`, which continue what `previous` is the checksum of.
  static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
    var register = ~previous
    var position = 0
    let tables = Self.tables
    while bytes.count - position >= 8 {
      let word =
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        ^ UInt64(register)
      register = 0
      for step in 0..<8 {
        register ^= tables[7 - step][Int(word >> UInt64(8 * step) & 255)]
      }
      position += 8
    }
    while position < bytes.count {
      register = tables[0][Int((register ^ UInt32(bytes[position])) & 255)] ^ register >> 8
      position += 1
    }
    return ~register
  }
}
