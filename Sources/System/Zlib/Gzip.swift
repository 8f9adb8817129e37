import CZlib

/// Compresses whole bodies as gzip (RFC 1952).
public enum Gzip {
  /// `nil` where there is no memory for it.
  ///
  /// - Parameter level: 1, the fastest, to 9.
  public static func compress(_ bytes: [UInt8], level: Int32 = 5) -> [UInt8]? {
    guard bytes.count <= UInt32.max >> 1 else { return nil }
    // zlib keeps pointers to it, so it stays where it is.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard up_deflate_init_gzip(stream, level) == Z_OK else { return nil }
    defer { deflateEnd(stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(bytes.count))))
    let made: Int? = bytes.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(clamping: output.count)
        guard deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
        return output.count - Int(stream.pointee.avail_out)
      }
    }
    return made.map { Array(output.prefix($0)) }
  }
}
