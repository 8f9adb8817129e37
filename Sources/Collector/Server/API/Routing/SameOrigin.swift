import HTTPTypes

/// Whether a request that a browser sends with its cookie was meant by a page of this site (the fetch
/// metadata specification; OWASP's sheet on cross-site request forgery).
///
/// What the browser says of where the request comes from decides, or else the page's origin, which
/// must be the one that was asked. A request that says neither is refused: browsers send one with all
/// that changes something.
enum SameOrigin {
  static func allows(_ request: HTTPRequest, publicOrigin: String?) -> Bool {
    let isRead = request.method == .get || request.method == .head || request.method == .options
    if isRead { return true }
    if let site = request.headerFields.values(of: "sec-fetch-site").first {
      return site == "same-origin"
    }
    guard let origin = request.headerFields[.origin] else { return false }
    if let publicOrigin { return origin == publicOrigin }
    guard let host = request.authority, !host.isEmpty else { return false }
    return origin == "https://\(host)" || origin == "http://\(host)"
  }
}
