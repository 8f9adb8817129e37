import CZlib

/// Decompresses one stream that comes in pieces (RFC 1950 to 1952).
///
/// Not `Sendable`: it belongs to one thread.
public final class Inflater {
  public enum Format: Sendable {
    /// With gzip's head, or members of that kind one after the other.
    case gzip
    case zlib
    /// Without any head.
    case deflate
  }

  public enum Failure: Error, Hashable, Sendable {
    /// The bytes are not of the format, or their checksum is wrong.
    case broken
    case outOfMemory
  }

  private static let bufferBytes = 16 << 10

  /// zlib keeps pointers to it, so it stays where it is.
  private let stream: UnsafeMutablePointer<z_stream>
  private let buffer: UnsafeMutableRawBufferPointer
  private let format: Format
  /// Bytes that were taken, and that came out.
  public private(set) var consumed: UInt64 = 0
  public private(set) var produced: UInt64 = 0
  /// Whether the stream has come to its end.
  public private(set) var hasEnded = false

  public init(_ format: Format) throws(Failure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
    self.format = format
    // 15 is the largest window; 16 more asks for gzip, and a negative number for no head.
    let bits: Int32 =
      switch format {
      case .gzip: 15 + 16
      case .zlib: 15
      case .deflate: -15
      }
    guard up_inflate_init(stream, bits) == Z_OK else { throw .outOfMemory }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    buffer.deallocate()
  }

  /// Takes the next piece, and gives what comes out of it in pieces of at most 16 KiB.
  ///
  /// What stands behind the end of the stream is left unread, as browsers do, unless it is another
  /// member of gzip.
  ///
  /// - Parameter emit: whether to go on.
  /// - Returns: whether all of the piece was read, or `emit` ended it.
  public func take(
    _ piece: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) -> Bool
  ) throws(Failure) -> Bool {
    var rest = piece
    while !rest.isEmpty {
      if hasEnded {
        guard format == .gzip, rest.first == 0x1f, inflateReset(stream) == Z_OK else { return true }
        hasEnded = false
      }
      let count = min(rest.count, 1 << 30)
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: rest.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(count)
      stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(Self.bufferBytes)
      let result = inflate(stream, Z_NO_FLUSH)
      let taken = count - Int(stream.pointee.avail_in)
      let made = Self.bufferBytes - Int(stream.pointee.avail_out)
      consumed &+= UInt64(taken)
      produced &+= UInt64(made)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken))
      switch result {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: hasEnded = true
      case Z_MEM_ERROR: throw .outOfMemory
      default: throw .broken
      }
      if made > 0, !emit(UnsafeRawBufferPointer(rebasing: buffer[..<made])) { return false }
      // zlib can do nothing more with what is here.
      if taken == 0, made == 0, !hasEnded { return true }
      // What is still inside comes out before more goes in.
      if rest.isEmpty, made == Self.bufferBytes, !hasEnded, !(try drain(emit)) { return false }
    }
    return true
  }

  private func drain(_ emit: (UnsafeRawBufferPointer) -> Bool) throws(Failure) -> Bool {
    while true {
      stream.pointee.avail_in = 0
      stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(Self.bufferBytes)
      let result = inflate(stream, Z_NO_FLUSH)
      let made = Self.bufferBytes - Int(stream.pointee.avail_out)
      produced &+= UInt64(made)
      switch result {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: hasEnded = true
      case Z_MEM_ERROR: throw .outOfMemory
      default: throw .broken
      }
      if made > 0, !emit(UnsafeRawBufferPointer(rebasing: buffer[..<made])) { return false }
      if made < Self.bufferBytes || hasEnded { return true }
    }
  }
}
