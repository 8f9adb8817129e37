import CCurl

/// The library as a whole.
public enum CurlLibrary {
  /// Initialises libcurl once for the process, and tells whether that worked.
  public static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

  /// The version in use, such as "7.88.1".
  public static var version: String {
    guard let info = up_curl_version(), let text = info.pointee.version else {
      return "unknown"
    }
    return String(cString: text)
  }

  /// Whether this libcurl speaks TLS through OpenSSL, which `PeerCertificate` needs.
  public static var usesOpenSSL: Bool {
    guard let info = up_curl_version(), let text = info.pointee.ssl_version else {
      return false
    }
    return String(cString: text).utf8.starts(with: "OpenSSL".utf8)
  }
}
