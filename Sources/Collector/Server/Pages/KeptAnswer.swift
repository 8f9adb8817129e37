import API
import NIOCore
import Zlib

/// Bytes as they are sent, made once.
struct KeptAnswer: Sendable {
  let type: String
  let plain: ByteBuffer
  /// `nil` where compressing saves nothing.
  let compressed: ByteBuffer?
  let tag: String
  let compressedTag: String

  /// Below it, compressing costs more than it saves.
  private static let leastCompressed = 512

  init(_ bytes: [UInt8], type: String) {
    self.type = type
    plain = ByteBuffer(bytes: bytes)
    let packed = bytes.count >= Self.leastCompressed ? Gzip.compress(bytes, level: 9) : nil
    compressed = packed.flatMap { $0.count < bytes.count ? ByteBuffer(bytes: $0) : nil }
    tag = EntityTag.of(bytes, version: nil)
    compressedTag = EntityTag.compressed(tag)
  }

  /// How much memory it takes, about.
  var byteCount: Int { plain.readableBytes + (compressed?.readableBytes ?? 0) + 256 }
}
