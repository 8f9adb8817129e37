import NIOCore
import Zlib

/// Content that is the same for everybody as long as the process lives: hashed and compressed once.
struct KeptContent: Sendable {
  let type: String
  let plain: ByteBuffer
  let compressed: ByteBuffer?
  /// The tag of the plain bytes.
  let tag: String

  init(_ bytes: [UInt8], type: String) {
    self.type = type
    plain = ByteBuffer(bytes: bytes)
    compressed = Gzip.compress(bytes, level: 9).map { ByteBuffer(bytes: $0) }
    tag = EntityTag.of(bytes, version: nil)
  }
}
