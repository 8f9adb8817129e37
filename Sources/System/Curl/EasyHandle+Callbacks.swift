import CCurl
import CLinux

extension EasyHandle {
  /// Sends the body, the head and every address of the transfer to a delegate, which must live at
  /// least as long as this handle is used.
  public func listen(_ delegate: any TransferDelegate) throws(CurlError) {
    self.delegate = delegate
    let context = Unmanaged.passUnretained(self).toOpaque()
    try check(
      up_curl_on_body(
        raw,
        { bytes, size, count, context in
          EasyHandle.hand(bytes, size, count, to: context) { $0.transfer($1, received: $2) }
        }, context), "set a callback")
    try check(
      up_curl_on_header(
        raw,
        { bytes, size, count, context in
          EasyHandle.hand(bytes, size, count, to: context) { $0.transfer($1, receivedHeader: $2) }
        }, context), "set a callback")
    try check(
      up_curl_on_open(
        raw,
        { context, purpose, address in
          guard let context, let address, purpose == CURLSOCKTYPE_IPCXN else {
            return EasyHandle.noSocket
          }
          return Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            .openSocket(address)
        }, context), "set a callback")
  }

  /// Sends what a handle that listens hears to another delegate, or to none for as long as no transfer
  /// runs.
  public func listen(for delegate: (any TransferDelegate)?) {
    self.delegate = delegate
  }

  private static let noSocket: curl_socket_t = -1

  /// Hands bytes to the delegate of the handle that libcurl names.
  ///
  /// - Returns: how many of them were taken; fewer than there are end the transfer.
  @inline(__always)
  private static func hand(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    to context: UnsafeMutableRawPointer?,
    _ take: (any TransferDelegate, EasyHandle, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let context else { return 0 }
    // The size is always 1, so the product can't overflow.
    let bytes = UnsafeRawBufferPointer(start: bytes, count: size &* count)
    // Whoever drives the transfer holds the handle.
    return Unmanaged<EasyHandle>.fromOpaque(context)._withUnsafeGuaranteedRef { handle in
      guard let delegate = handle.delegate else { return 0 }
      return take(delegate, handle, bytes) ? bytes.count : 0
    }
  }

  private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard let delegate, delegate.transfer(self, mayConnectTo: PeerAddress(address)) else {
      return Self.noSocket
    }
    let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let fd = socket(
      address.pointee.family, address.pointee.socktype | flags, address.pointee.protocol)
    if fd < 0 {
      delegate.transfer(self, failedToOpenSocket: up_errno())
    } else {
      delegate.transfer(self, opened: fd)
    }
    return fd
  }
}
