/// What stands in a frame of one type.
///
/// Decoding ignores bytes behind the last known field, so that later versions may add some.
public protocol FrameBody: Hashable, Sendable {
  static var type: FrameType { get }

  init(from reader: inout ByteReader) throws(WireError)

  func encode(to writer: inout ByteWriter)
}

extension FrameBody {
  /// The body's bytes.
  public func encoded() -> [UInt8] {
    var writer = ByteWriter()
    encode(to: &writer)
    return writer.bytes
  }

  /// Decodes a body that begins at the first of `bytes`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    var reader = ByteReader(bytes)
    try self.init(from: &reader)
  }

  /// Decodes a body that begins at the first of `bytes`.
  public init(decoding bytes: [UInt8]) throws(WireError) {
    self = try withRawBytes(of: bytes) { view throws(WireError) in try Self(decoding: view) }
  }
}

/// Limits on texts, in bytes of UTF-8.
public enum TextLimit {
  /// Names of hosts, regions, providers and software.
  public static let name = 64
  /// Reasons and details.
  public static let message = 255
}

/// Bytes of the code that ends a body which is signed by itself.
public let bodyCodeCount = 32

/// Lends the bytes of an array to a decoder, with its typed error.
func withRawBytes<Value>(
  of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(WireError) -> Value
) throws(WireError) -> Value {
  try bytes.withUnsafeBufferPointer { view throws(WireError) in
    try body(UnsafeRawBufferPointer(view))
  }
}
