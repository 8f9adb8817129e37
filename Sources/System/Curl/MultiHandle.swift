import CCurl

/// What libcurl waits for on a socket, or what has become of it.
public struct SocketActivity: OptionSet, Hashable, Sendable {
  public let rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  public static let readable = SocketActivity(rawValue: CURL_CSELECT_IN)
  public static let writable = SocketActivity(rawValue: CURL_CSELECT_OUT)
  public static let failed = SocketActivity(rawValue: CURL_CSELECT_ERR)
}

/// Hears what a `MultiHandle` waits for, during its calls and on their thread. It must not call the
/// handle back.
public protocol MultiHandleDelegate: AnyObject {
  /// A socket is to be watched for this from now on; `isNew` if it was not watched before.
  func watch(_ socket: Int32, for activity: SocketActivity, isNew: Bool)
  /// A socket is not to be watched any more.
  func unwatch(_ socket: Int32)
  /// Call `timeOut()` in so many milliseconds, instead of what was said before; `nil`: not at all.
  func callTimeOut(inMs ms: Int?)
}

/// Many transfers on one thread, driven by the sockets that are ready (curl_multi_socket_action(3)).
///
/// Not `Sendable`: it belongs to the thread that drives it. Take every handle out before it goes.
public final class MultiHandle {
  private let raw: UnsafeMutableRawPointer
  private unowned(unsafe) let delegate: any MultiHandleDelegate

  /// - Parameter delegate: not retained; must outlive this handle.
  public init(delegate: any MultiHandleDelegate) throws(CurlError) {
    guard CurlLibrary.isReady, let raw = curl_multi_init() else {
      throw CurlError("make a multi handle", CurlCode(CURLE_FAILED_INIT))
    }
    self.raw = raw
    self.delegate = delegate
    let context = Unmanaged.passUnretained(self).toOpaque()
    try check(
      up_curl_multi_on_socket(
        raw,
        { transfer, socket, what, context, known in
          guard let context else { return 0 }
          if what != CURL_POLL_REMOVE { MultiHandle.owner(of: transfer)?.hasWaited = true }
          Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
            .socketChanged(socket, what, isNew: known == nil)
          return 0
        }, context))
    try check(
      up_curl_multi_on_timer(
        raw,
        { _, ms, context in
          guard let context else { return 0 }
          Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
            .delegate.callTimeOut(inMs: ms < 0 ? nil : ms)
          return 0
        }, context))
  }

  deinit {
    curl_multi_cleanup(raw)
  }

  /// How many connections are kept for another transfer; at least 1.
  public func keepConnections(_ count: Int) throws(CurlError) {
    try check(up_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, count))
  }

  /// Starts a transfer; the delegate is asked for a `timeOut()` that begins it.
  public func add(_ handle: EasyHandle) throws(CurlError) {
    handle.hasWaited = false
    try check(curl_multi_add_handle(raw, handle.raw))
  }

  /// Takes a transfer out, whatever its state. This closes a connection made with `connectOnly`.
  public func remove(_ handle: EasyHandle) {
    // Fails only for a handle that is not in here.
    _ = curl_multi_remove_handle(raw, handle.raw)
  }

  /// Tells that a socket is ready.
  public func socket(_ socket: Int32, is activity: SocketActivity) {
    var running: Int32 = 0
    _ = curl_multi_socket_action(raw, socket, activity.rawValue, &running)
  }

  /// Tells that the time has come that the delegate was told of.
  public func timeOut() {
    var running: Int32 = 0
    _ = curl_multi_socket_action(raw, CURL_SOCKET_TIMEOUT, 0, &running)
  }

  /// The next transfer that has ended; `remove` it before it is used again.
  public func nextEnded() -> (handle: EasyHandle, code: CurlCode)? {
    var left: Int32 = 0
    while let message = curl_multi_info_read(raw, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let ended = message.pointee.easy_handle else {
        continue
      }
      let code = CurlCode(up_curl_result(message))
      guard let handle = Self.owner(of: ended) else { continue }
      return (handle, code)
    }
    return nil
  }

  private static func owner(of transfer: UnsafeMutableRawPointer?) -> EasyHandle? {
    var owner: UnsafeMutableRawPointer?
    guard let transfer, up_curl_get_pointer(transfer, CURLINFO_PRIVATE, &owner) == CURLE_OK else {
      return nil
    }
    return owner.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
  }

  private func socketChanged(_ socket: curl_socket_t, _ what: Int32, isNew: Bool) {
    if what == CURL_POLL_REMOVE {
      delegate.unwatch(socket)
      return
    }
    var activity: SocketActivity = []
    if what & CURL_POLL_IN != 0 { activity.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { activity.insert(.writable) }
    // Any pointer but NULL marks the socket as known at the next call.
    if isNew { curl_multi_assign(raw, socket, raw) }
    delegate.watch(socket, for: activity, isNew: isNew)
  }

  private func check(_ code: CURLMcode) throws(CurlError) {
    guard code == CURLM_OK else {
      throw CurlError(
        "drive transfers", CurlCode(CURLE_FAILED_INIT),
        text: curl_multi_strerror(code).map { String(cString: $0) })
    }
  }
}
