import Curl

extension EasyHandle {
  /// Sets all that an order says, so that `perform()` carries it out.
  func take(_ order: TransferOrder) throws(CurlError) {
    let configuration = order.configuration
    try keepErrorText()
    try set(.url, order.url)
    try set(.protocols, "http,https")
    try set(.caPath, nil)
    if let caFile = configuration.caFile { try set(.caFile, caFile) }
    // Plain http stays on this machine: a proxy, one of the environment too, would be shown the key.
    if let proxy = order.url.hasPrefix("https:") ? configuration.proxy : "" {
      try set(.proxy, proxy)
    }
    try set(.hidesConnectHeaders, 1)
    try set(.noSignal, 1)
    try set(.quickExit, 1)
    try set(.connectTimeoutMs, min(configuration.timeoutMs, configuration.connectTimeoutMs))
    try set(.userAgent, configuration.userAgent)
    if order.isStream {
      // It lasts as long as it lasts; a peer that is gone is noticed by the kernel within a minute.
      try set(.timeoutMs, Self.longestStreamMs)
      try set(.keepAlive, 1)
      try set(.keepAliveIdleSeconds, 20)
      try set(.keepAliveIntervalSeconds, 5)
    } else {
      try set(.timeoutMs, configuration.timeoutMs)
      try set(.acceptEncoding, "")
    }
    let headers = HeaderList()
    if let token = order.token { try headers.append("Authorization: Bearer \(token)") }
    for header in order.headers { try headers.append(header) }
    try headers.append("Expect:")
    if let body = order.body { try set(body: body) }
    try set(headers: headers)
    if order.method == "HEAD" {
      try set(.noBody, 1)
    } else {
      try set(.method, order.method)
    }
  }

  /// A stream that nobody reads any more ends at its next piece, or by then.
  private static let longestStreamMs = 6 * 3600 * 1000
}
