import CCurl

/// A URL as libcurl itself reads it, so that what is judged is what is asked.
public struct CurlURL: Hashable, Sendable {
  /// The URL in libcurl's normal form.
  public let text: String
  /// In lower case.
  public let scheme: String
  /// Without brackets; empty for a scheme that has none.
  public let host: String
  /// The port, from the scheme where the URL names none.
  public let port: UInt16?

  /// Reads a URL that names its scheme.
  public init?(_ text: String) {
    self.init(text, relativeTo: nil)
  }

  /// Reads a URL as a redirect from `base` would be read.
  public init?(_ text: String, relativeTo base: CurlURL?) {
    guard let parser = curl_url() else { return nil }
    defer { curl_url_cleanup(parser) }
    if let base, curl_url_set(parser, CURLUPART_URL, base.text, Self.flags) != CURLUE_OK {
      return nil
    }
    guard curl_url_set(parser, CURLUPART_URL, text, Self.flags) == CURLUE_OK,
      let whole = Self.part(CURLUPART_URL, of: parser),
      let scheme = Self.part(CURLUPART_SCHEME, of: parser)
    else { return nil }
    self.text = whole
    self.scheme = scheme.lowercased()
    let host = Self.part(CURLUPART_HOST, of: parser) ?? ""
    self.host = host.utf8.first == UInt8(ascii: "[") ? String(host.dropFirst().dropLast()) : host
    port = Self.part(CURLUPART_PORT, of: parser, UInt32(CURLU_DEFAULT_PORT)).flatMap { UInt16($0) }
  }

  /// Whether the host is an IP address, so that there is no name to look up.
  public var hostIsAddress: Bool { Self.isAddress(host) }

  /// Whether a host without brackets is written as an IP address.
  public static func isAddress(_ host: String) -> Bool {
    host.utf8.contains(UInt8(ascii: ":"))
      || host.utf8.allSatisfy { byte in
        byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }

  /// Host and port as a request's `Host` has them: with brackets, and no port that the scheme implies.
  public var authority: String {
    let host = self.host.utf8.contains(UInt8(ascii: ":")) ? "[\(self.host)]" : self.host
    guard let port, port != (scheme == "https" ? 443 : 80) else { return host }
    return "\(host):\(port)"
  }

  /// The path, at least `/`.
  public var path: String { part(CURLUPART_PATH) ?? "/" }
  /// The query without its question mark; empty where there is none.
  public var query: String { part(CURLUPART_QUERY) ?? "" }

  private func part(_ part: CURLUPart) -> String? {
    changed { _ in
      true
    } read: {
      Self.part(part, of: $0)
    }
  }

  /// The same URL with another host, an IPv6 address in brackets; `nil` for what is not a host.
  public func text(host: String) -> String? {
    changed {
      curl_url_set($0, CURLUPART_HOST, host, 0) == CURLUE_OK
    } read: {
      Self.part(CURLUPART_URL, of: $0)
    }
  }

  /// The same URL with `name=value` at the end of its query.
  public func text(appendingQuery pair: String) -> String? {
    changed {
      curl_url_set($0, CURLUPART_QUERY, pair, UInt32(CURLU_APPENDQUERY)) == CURLUE_OK
    } read: {
      Self.part(CURLUPART_URL, of: $0)
    }
  }

  private func changed(
    _ change: (OpaquePointer) -> Bool, read: (OpaquePointer) -> String?
  ) -> String? {
    guard let parser = curl_url() else { return nil }
    defer { curl_url_cleanup(parser) }
    guard curl_url_set(parser, CURLUPART_URL, text, Self.flags) == CURLUE_OK, change(parser) else {
      return nil
    }
    return read(parser)
  }

  /// Whether both have the same scheme, host and port (RFC 6454).
  public func hasOrigin(of other: CurlURL) -> Bool {
    scheme == other.scheme && port == other.port && host.lowercased() == other.host.lowercased()
  }

  /// Accept every scheme here, so that the caller can say which one it refuses, and repair spaces.
  private static let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE)

  private static func part(
    _ part: CURLUPart, of parser: OpaquePointer, _ flags: UInt32 = 0
  ) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parser, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
