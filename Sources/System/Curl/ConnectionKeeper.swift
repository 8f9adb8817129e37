import CCurl

/// Keeps connections for the next transfer of handles that were given the same keeper, and for those
/// alone. Not `Sendable`: it belongs to the thread that drives the handles.
public final class ConnectionKeeper {
  let raw: UnsafeMutableRawPointer
  let notes = TLSNotes()

  public init() throws(CurlError) {
    guard CurlLibrary.isReady, let raw = curl_share_init() else {
      throw CurlError("keep connections", CurlCode(CURLE_FAILED_INIT))
    }
    self.raw = raw
    guard up_curl_share_connections(raw) == CURLSHE_OK else {
      curl_share_cleanup(raw)
      throw CurlError("keep connections", CurlCode(CURLE_FAILED_INIT))
    }
  }

  deinit {
    // Each handle holds its keeper until it is itself cleaned up, so none uses this any more.
    curl_share_cleanup(raw)
  }
}

extension EasyHandle {
  /// Lets the connections of this handle be kept; set it before the first transfer.
  public func keepConnections(in keeper: ConnectionKeeper) throws(CurlError) {
    try check(up_curl_set_pointer(raw, CURLOPT_SHARE, keeper.raw), "keep connections")
    self.keeper = keeper
    notes = keeper.notes
  }

  /// Puts all options back to libcurl's own, what was listened to and watched included.
  public func reset() throws(CurlError) {
    curl_easy_reset(raw)
    release()
    try identify()
  }
}
