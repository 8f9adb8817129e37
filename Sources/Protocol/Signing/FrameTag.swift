import OpenSSL
import Wire

/// Tags the frames of one direction of a session as they are sent.
///
/// A tag is the first 16 bytes of HMAC-SHA-256 over an implicit counter and every byte of the frame
/// before it: a frame that is dropped, replayed or reordered breaks all that follow. It belongs to
/// one thread at a time.
public final class FrameSealer {
  private let code: FrameCode

  /// `key` is the session's for this direction.
  public init(key: [UInt8]) throws(OpenSSLError) { code = try FrameCode(key: key) }

  /// The bytes of a tagged frame.
  public func seal(
    _ type: FrameType, _ body: [UInt8], version: UInt8 = Frame.version
  ) throws(OpenSSLError) -> [UInt8] {
    var writer = ByteWriter(capacity: Frame.headerCount + body.count + Frame.tagCount)
    Frame.header(
      type, bodyCount: body.count, isTagged: true, version: version, into: &writer)
    writer.raw(body)
    try writer.bytes.withUnsafeBufferPointer { (frame) throws(OpenSSLError) in
      try code.compute(UnsafeRawBufferPointer(frame))
    }
    writer.raw(code.tag.prefix(Frame.tagCount))
    return writer.bytes
  }

  /// The bytes of a tagged frame.
  public func seal<Body: FrameBody>(_ body: Body) throws(OpenSSLError) -> [UInt8] {
    try seal(Body.type, body.encoded())
  }
}

/// Checks the tags of one direction of a session as its frames come in.
///
/// It belongs to one thread at a time.
public final class FrameOpener {
  private let code: FrameCode

  /// `key` is the session's for this direction.
  public init(key: [UInt8]) throws(OpenSSLError) { code = try FrameCode(key: key) }

  /// Whether `frame`, from its length field to its tag, is the next one that the peer sent.
  ///
  /// After `false` the session is of no more use.
  public func verify(_ frame: UnsafeRawBufferPointer) throws(OpenSSLError) -> Bool {
    guard frame.count >= Frame.headerCount + Frame.tagCount else { return false }
    let end = frame.count - Frame.tagCount
    try code.compute(UnsafeRawBufferPointer(rebasing: frame[..<end]))
    return code.tag.withUnsafeBytes { tag in
      equalInConstantTime(
        UnsafeRawBufferPointer(rebasing: tag[..<Frame.tagCount]),
        UnsafeRawBufferPointer(rebasing: frame[end...]))
    }
  }
}

/// The counter and the HMAC that both directions of tags are made of.
private final class FrameCode {
  private let hmac: HMAC
  private var counter: UInt64 = 0
  private(set) var tag = [UInt8](repeating: 0, count: HMAC.byteCount)

  init(key: [UInt8]) throws(OpenSSLError) { hmac = try HMAC(key: key) }

  /// Computes the next tag, over `bytes`, and counts on.
  func compute(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) {
    try hmac.restart()
    let number = counter.bigEndian
    try withUnsafePointer(to: number) { (pointer) throws(OpenSSLError) in
      try hmac.update(UnsafeRawBufferPointer(start: pointer, count: 8))
    }
    try hmac.update(bytes)
    tag = try hmac.finish()
    counter &+= 1
  }
}
