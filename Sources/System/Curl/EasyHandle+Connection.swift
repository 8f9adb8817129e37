import CCurl

extension EasyHandle {
  /// What a try to read from a connection came to.
  public enum Received: Hashable, Sendable {
    /// So many bytes were read, at least 1.
    case bytes(Int)
    /// Nothing is there yet: wait until the socket is readable. libcurl may hold decrypted bytes
    /// itself, so read until this comes before waiting.
    case wouldBlock
    /// The peer has closed the connection.
    case closed
  }

  /// Reads from a connection made with `NumberOption.connectOnly`, through TLS where there is TLS.
  ///
  /// - Parameter buffer: at least one byte.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) throws(CurlError) -> Received {
    var count = 0
    let code = curl_easy_recv(raw, buffer.baseAddress, buffer.count, &count)
    if code == CURLE_AGAIN { return .wouldBlock }
    guard code == CURLE_OK else { throw CurlError("receive", CurlCode(code)) }
    return count == 0 ? .closed : .bytes(count)
  }

  /// Writes to a connection made with `NumberOption.connectOnly`, through TLS where there is TLS.
  ///
  /// - Returns: how many of the bytes were taken, or `nil` when there is no room yet: then wait
  ///   until the socket is writable and try again with the same pointer and the same count, since
  ///   TLS may hold half of a record that was made from them.
  public func send(_ bytes: UnsafeRawBufferPointer) throws(CurlError) -> Int? {
    guard bytes.count > 0 else { return 0 }
    var count = 0
    let code = curl_easy_send(raw, bytes.baseAddress, bytes.count, &count)
    if code == CURLE_AGAIN { return nil }
    guard code == CURLE_OK else { throw CurlError("send", CurlCode(code)) }
    return count
  }

  /// The connection's socket, to be watched but not read, written or closed; `nil` without one.
  public var activeSocket: Int32? {
    var socket: curl_socket_t = -1
    guard up_curl_get_socket(raw, &socket) == CURLE_OK, socket >= 0 else { return nil }
    return socket
  }
}
