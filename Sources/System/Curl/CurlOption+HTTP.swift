import CCurl

extension NumberOption {
  /// Which ways of proving who asks are allowed, as `CurlNumber.basic` and others.
  public static let authentication = NumberOption(raw: CURLOPT_HTTPAUTH)
  public static let proxyAuthentication = NumberOption(raw: CURLOPT_PROXYAUTH)
  /// Keeps a proxy's answer to CONNECT from the header callback.
  public static let hidesConnectHeaders = NumberOption(raw: CURLOPT_SUPPRESS_CONNECT_HEADERS)
}

extension CurlNumber {
  // CURLAUTH_BASIC and so on, which are casts in C.
  public static let basic = 1
  public static let digest = 2
  public static let ntlm = 8
  /// All but a way of digest that only an old browser needs.
  public static let anyAuthentication = ~16
  /// HTTP/2 where TLS agrees to it, else HTTP/1.1.
  public static let http2OverTLS = Int(CURL_HTTP_VERSION_2TLS)
  /// HTTP/2 from the first byte.
  public static let http2AtOnce = Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
  public static let tls10 = Int(CURL_SSLVERSION_TLSv1_0)
  public static let tls11 = Int(CURL_SSLVERSION_TLSv1_1)
  public static let tls12 = Int(CURL_SSLVERSION_TLSv1_2)
}

extension TextOption {
  public static let user = TextOption(raw: CURLOPT_USERNAME)
  public static let password = TextOption(raw: CURLOPT_PASSWORD)
  public static let proxyUser = TextOption(raw: CURLOPT_PROXYUSERNAME)
  public static let proxyPassword = TextOption(raw: CURLOPT_PROXYPASSWORD)
  /// "" lets nothing that the environment names go around the proxy.
  public static let noProxy = TextOption(raw: CURLOPT_NOPROXY)
  public static let proxyCAFile = TextOption(raw: CURLOPT_PROXY_CAINFO)
  public static let proxyCAPath = TextOption(raw: CURLOPT_PROXY_CAPATH)
  public static let ciphers = TextOption(raw: CURLOPT_SSL_CIPHER_LIST)
  /// "" keeps cookies in memory.
  public static let cookieFile = TextOption(raw: CURLOPT_COOKIEFILE)
  /// "ALL" forgets the cookies that are kept.
  public static let cookies = TextOption(raw: CURLOPT_COOKIELIST)
  /// `PEM`, `DER` or `P12`.
  public static let certificateType = TextOption(raw: CURLOPT_SSLCERTTYPE)
  public static let keyType = TextOption(raw: CURLOPT_SSLKEYTYPE)
}

/// An option of an easy handle that takes bytes; libcurl copies them.
public struct BytesOption: Sendable {
  let raw: CURLoption

  /// In PEM, in place of `TextOption.caFile`.
  public static let authorities = BytesOption(raw: CURLOPT_CAINFO_BLOB)
  public static let certificate = BytesOption(raw: CURLOPT_SSLCERT_BLOB)
  public static let key = BytesOption(raw: CURLOPT_SSLKEY_BLOB)
}

extension NumberInfo {
  /// What a proxy answered to CONNECT, 0 where it was not asked.
  public static let connectStatus = NumberInfo(raw: CURLINFO_HTTP_CONNECTCODE)
  /// Why a SOCKS proxy did not serve (`CURLPX_...`).
  public static let proxyError = NumberInfo(raw: CURLINFO_PROXY_ERROR)
  /// As `verifyResult`, of a proxy's certificate.
  public static let proxyVerifyResult = NumberInfo(raw: CURLINFO_PROXY_SSL_VERIFYRESULT)
  /// Connections that the transfer made, none where it used one that was kept.
  public static let newConnections = NumberInfo(raw: CURLINFO_NUM_CONNECTS)
}

extension EasyHandle {
  /// Sets an option that takes bytes, or unsets it.
  public func set(_ option: BytesOption, _ value: [UInt8]?) throws(CurlError) {
    let code =
      if let value { up_curl_set_blob(raw, option.raw, value, value.count) } else {
        up_curl_set_pointer(raw, option.raw, nil)
      }
    try check(code, "set an option")
  }

  /// Leads connections elsewhere than their URL says, by a line `host:port:other host:other port`
  /// whose empty parts mean any, or the same (CURLOPT_CONNECT_TO(3)); `nil` takes that back.
  public func set(connectTo line: String?) throws(CurlError) {
    let list = try line.map { line throws(CurlError) in
      let list = HeaderList()
      try list.append(line)
      return list
    }
    try check(up_curl_set_list(raw, CURLOPT_CONNECT_TO, list?.head), "set an address")
    detours = list
  }
}
