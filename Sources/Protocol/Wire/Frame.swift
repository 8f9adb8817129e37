/// The frame around every message.
///
/// ```
/// offset  size  field
///      0     4  length: the bytes after this field
///      4     1  version
///      5     1  type
///      6     2  flags: bit 0 says that a tag ends the frame
///      8     n  body
///    end    16  tag, where flagged
/// ```
public struct Frame: Hashable, Sendable {
  /// Bytes before the body.
  public static let headerCount = 8
  /// Bytes of the tag.
  public static let tagCount = 16
  /// The flag of a tagged frame.
  public static let tagFlag: UInt16 = 1
  /// The version of the protocol that this program speaks.
  public static let version: UInt8 = 1
  /// The most that a length field may say while the peer is not proven.
  public static let lengthLimitBeforeProof: UInt32 = 1024
  /// The most that any length field may say.
  public static let lengthLimit: UInt32 = 1 << 20

  /// The frame's type; `nil` for one that is to be skipped.
  public let type: FrameType?
  public let version: UInt8
  /// Whether a tag ends the frame.
  public let isTagged: Bool
  /// Bytes of the whole frame, the length field included.
  public let byteCount: Int

  /// Where the body lies in the frame.
  public var body: Range<Int> {
    Self.headerCount..<(isTagged ? byteCount - Self.tagCount : byteCount)
  }

  /// Looks at the beginning of `bytes` and tells the frame that begins there.
  ///
  /// Nothing need be allocated before this says so: a length is judged from four bytes, and a type
  /// from eight. `peerIsProven` admits the larger limits and types that may be skipped.
  ///
  /// - Returns: `nil` while fewer bytes than the whole frame are there.
  public static func scan(
    _ bytes: UnsafeRawBufferPointer, peerIsProven: Bool, expectedVersion: UInt8 = Frame.version
  ) throws(FrameError) -> Frame? {
    guard bytes.count >= 4 else { return nil }
    let length = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
    let limit = peerIsProven ? lengthLimit : lengthLimitBeforeProof
    guard length >= 4, length <= limit else { throw .length(length) }
    guard bytes.count >= 8 else { return nil }
    let version = bytes[4]
    let number = bytes[5]
    let flags = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    guard version == expectedVersion else { throw .version(version) }
    let type = FrameType(rawValue: number)
    if type == nil, !peerIsProven || number < FrameType.firstSkippable {
      throw .unknownType(number)
    }
    guard flags & ~tagFlag == 0 else { throw .flags(flags) }
    if let type, length > type.lengthLimit { throw .length(length) }
    let isTagged = flags & tagFlag != 0
    guard !isTagged || length >= 4 + UInt32(tagCount) else { throw .length(length) }
    let byteCount = 4 + Int(length)
    guard bytes.count >= byteCount else { return nil }
    return Frame(type: type, version: version, isTagged: isTagged, byteCount: byteCount)
  }

  /// The bytes of an untagged frame.
  ///
  /// - Precondition: the body is within the type's limit, which each body's own bounds see to.
  public static func encode(
    _ type: FrameType, _ body: [UInt8], version: UInt8 = Frame.version
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: headerCount + body.count)
    header(type, bodyCount: body.count, isTagged: false, version: version, into: &writer)
    writer.raw(body)
    return writer.bytes
  }

  /// The bytes of an untagged frame.
  public static func encode<Body: FrameBody>(
    _ body: Body, version: UInt8 = Frame.version
  ) -> [UInt8] {
    encode(Body.type, body.encoded(), version: version)
  }

  /// Appends the eight bytes before a body of `bodyCount` bytes.
  public static func header(
    _ type: FrameType, bodyCount: Int, isTagged: Bool, version: UInt8 = Frame.version,
    into writer: inout ByteWriter
  ) {
    let length = 4 + bodyCount + (isTagged ? tagCount : 0)
    precondition(length <= Int(type.lengthLimit), "a \(type) frame of \(length) bytes")
    writer.uint32(UInt32(length))
    writer.uint8(version)
    writer.uint8(type.rawValue)
    writer.uint16(isTagged ? tagFlag : 0)
  }
}

/// A frame that can't be one; its connection is of no more use.
public enum FrameError: Error, Hashable, Sendable {
  /// The length is below four or above the limit. Other protocols' first bytes end here.
  case length(UInt32)
  /// The version is not the one that was agreed on.
  case version(UInt8)
  /// The type is not known and may not be skipped.
  case unknownType(UInt8)
  /// A flag is set that has no meaning.
  case flags(UInt16)
  /// A tag is missing, is there too early, or does not verify.
  case tag
  /// A frame of a known type came from the side that may not send it, or at the wrong moment.
  case unexpected(FrameType)
  /// The body does not decode.
  case body(FrameType, WireError)
}

extension FrameError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .length(let length): "a frame can't be \(length) bytes long"
    case .version(let version): "version \(version) of the protocol is not spoken here"
    case .unknownType(let number): "frames of type \(number) are not known"
    case .flags(let flags): "the frame flags \(flags) are not known"
    case .tag: "a frame's tag is missing or wrong"
    case .unexpected(let type): "a \(type) frame has no place here"
    case .body(let type, let error): "the body of a \(type) frame does not decode: \(error)"
    }
  }
}
