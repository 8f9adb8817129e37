import Curl

/// An http or https address without path, as libcurl reads it.
struct CurlURLText {
  let scheme: String
  let host: String
  let origin: String

  /// `nil` for other schemes, and for what carries a path, a query or a user.
  init?(_ text: String) {
    guard let url = CurlURL(text), ["http", "https"].contains(url.scheme), !url.host.isEmpty,
      let port = url.port, !text.utf8.contains(UInt8(ascii: "@"))
    else { return nil }
    let rest = text.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2)
      .drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard rest.isEmpty || rest.elementsEqual("/".utf8) else { return nil }
    scheme = url.scheme
    host = url.host
    let isDefault = port == (url.scheme == "https" ? 443 : 80)
    let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    origin = "\(scheme)://\(name)" + (isDefault ? "" : ":\(port)")
  }
}
