/// Hears of a transfer while it runs, on the thread that drives it.
///
/// The handle does not keep its delegate alive; whoever owns both does.
public protocol TransferDelegate: AnyObject {
  /// A piece of the decoded body. The bytes are valid only during the call.
  ///
  /// - Returns: whether to go on; otherwise the transfer ends with `CurlCode.writeError`.
  func transfer(_ handle: EasyHandle, received body: UnsafeRawBufferPointer) -> Bool

  /// One line of an answer's head, status line and last empty line included.
  ///
  /// - Returns: whether to go on; otherwise the transfer ends with `CurlCode.writeError`.
  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool

  /// A socket is about to be opened for an address of the name.
  ///
  /// - Returns: whether the address may be connected to.
  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool

  /// A socket was opened for the address that was last asked about. libcurl owns it: it is to be
  /// looked at and nothing else.
  func transfer(_ handle: EasyHandle, opened socket: Int32)

  /// A socket could not be opened, for this `errno`.
  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32)
}

extension TransferDelegate {
  /// For a delegate to which one socket is like another.
  public func transfer(_ handle: EasyHandle, opened socket: Int32) {}
}
