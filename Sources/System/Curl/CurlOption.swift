import CCurl

/// An option of an easy handle that takes a number; a switch takes 0 or 1.
public struct NumberOption: Sendable {
  let raw: CURLoption

  /// Connect and hand over the connection, without asking for anything.
  public static let connectOnly = NumberOption(raw: CURLOPT_CONNECT_ONLY)
  public static let connectTimeoutMs = NumberOption(raw: CURLOPT_CONNECTTIMEOUT_MS)
  public static let dnsCacheSeconds = NumberOption(raw: CURLOPT_DNS_CACHE_TIMEOUT)
  public static let followRedirects = NumberOption(raw: CURLOPT_FOLLOWLOCATION)
  public static let forbidReuse = NumberOption(raw: CURLOPT_FORBID_REUSE)
  public static let freshConnection = NumberOption(raw: CURLOPT_FRESH_CONNECT)
  public static let httpVersion = NumberOption(raw: CURLOPT_HTTP_VERSION)
  public static let ipFamily = NumberOption(raw: CURLOPT_IPRESOLVE)
  public static let isGet = NumberOption(raw: CURLOPT_HTTPGET)
  public static let isPost = NumberOption(raw: CURLOPT_POST)
  public static let keepAlive = NumberOption(raw: CURLOPT_TCP_KEEPALIVE)
  public static let keepAliveIdleSeconds = NumberOption(raw: CURLOPT_TCP_KEEPIDLE)
  public static let keepAliveIntervalSeconds = NumberOption(raw: CURLOPT_TCP_KEEPINTVL)
  /// Offers application protocols in TLS (ALPN).
  public static let negotiateProtocol = NumberOption(raw: CURLOPT_SSL_ENABLE_ALPN)
  public static let noBody = NumberOption(raw: CURLOPT_NOBODY)
  public static let noDelay = NumberOption(raw: CURLOPT_TCP_NODELAY)
  public static let noSignal = NumberOption(raw: CURLOPT_NOSIGNAL)
  /// Bytes of the body to send; set it before the body.
  public static let bodySize = NumberOption(raw: CURLOPT_POSTFIELDSIZE)
  /// Does not wait for a resolver's thread when a transfer ends early.
  public static let quickExit = NumberOption(raw: CURLOPT_QUICK_EXIT)
  public static let receiveBufferBytes = NumberOption(raw: CURLOPT_BUFFERSIZE)
  public static let timeoutMs = NumberOption(raw: CURLOPT_TIMEOUT_MS)
  public static let tlsSessionCache = NumberOption(raw: CURLOPT_SSL_SESSIONID_CACHE)
  public static let tlsVersion = NumberOption(raw: CURLOPT_SSLVERSION)
  public static let verifyHost = NumberOption(raw: CURLOPT_SSL_VERIFYHOST)
  public static let verifyPeer = NumberOption(raw: CURLOPT_SSL_VERIFYPEER)
}

/// Numbers that some options take.
public enum CurlNumber {
  public static let anyAddress = Int(CURL_IPRESOLVE_WHATEVER)
  public static let ipv4Only = Int(CURL_IPRESOLVE_V4)
  public static let ipv6Only = Int(CURL_IPRESOLVE_V6)
  public static let http11 = Int(CURL_HTTP_VERSION_1_1)
  public static let tls13 = Int(CURL_SSLVERSION_TLSv1_3)
}

/// An option of an easy handle that takes text; libcurl copies it. `nil` unsets it.
public struct TextOption: Sendable {
  let raw: CURLoption

  /// The encodings that are asked for and decoded; "" for all that libcurl knows.
  public static let acceptEncoding = TextOption(raw: CURLOPT_ACCEPT_ENCODING)
  public static let caFile = TextOption(raw: CURLOPT_CAINFO)
  /// Leave it `nil`: a path here switches libcurl's cache of the CA file off.
  public static let caPath = TextOption(raw: CURLOPT_CAPATH)
  public static let method = TextOption(raw: CURLOPT_CUSTOMREQUEST)
  /// `sha256//` and base64, several separated by `;`.
  public static let pinnedPublicKey = TextOption(raw: CURLOPT_PINNEDPUBLICKEY)
  public static let protocols = TextOption(raw: CURLOPT_PROTOCOLS_STR)
  /// "" forbids a proxy that the environment names.
  public static let proxy = TextOption(raw: CURLOPT_PROXY)
  public static let redirectProtocols = TextOption(raw: CURLOPT_REDIR_PROTOCOLS_STR)
  public static let url = TextOption(raw: CURLOPT_URL)
  public static let userAgent = TextOption(raw: CURLOPT_USERAGENT)
}

/// A number that libcurl tells about a transfer.
public struct NumberInfo: Sendable {
  let raw: CURLINFO

  /// The HTTP status, 0 where there was none.
  public static let status = NumberInfo(raw: CURLINFO_RESPONSE_CODE)
  /// The `errno` of the last connect that failed, 0 where none did.
  public static let connectErrno = NumberInfo(raw: CURLINFO_OS_ERRNO)
  /// OpenSSL's verification result (`X509_V_ERR_...`), 0 where the chain is good.
  public static let verifyResult = NumberInfo(raw: CURLINFO_SSL_VERIFYRESULT)
  public static let peerPort = NumberInfo(raw: CURLINFO_PRIMARY_PORT)
}

/// A text that libcurl tells about a transfer.
public struct TextInfo: Sendable {
  let raw: CURLINFO

  public static let effectiveURL = TextInfo(raw: CURLINFO_EFFECTIVE_URL)
  public static let peerAddress = TextInfo(raw: CURLINFO_PRIMARY_IP)
}

/// A time or a size that libcurl tells about a transfer: microseconds, or bytes.
public struct SizeInfo: Sendable {
  let raw: CURLINFO

  public static let bodyBytes = SizeInfo(raw: CURLINFO_SIZE_DOWNLOAD_T)
  public static let totalTime = SizeInfo(raw: CURLINFO_TOTAL_TIME_T)
}
