/// FNV-1a, 64 bits: names a version of a file, proves nothing.
package enum ContentHash {
  /// At most 16 hexadecimal digits.
  package static func text(of bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
