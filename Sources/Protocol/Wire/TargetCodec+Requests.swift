import Model

/// The options of http checks.
extension TargetCodec {
  static func http(_ options: TargetOptions) throws(WireError) -> HTTPCheck {
    var check = HTTPCheck(url: try options.address())
    if let method = try options.text(.method) { check.method = method }
    check.headers = try options.headers()
    check.body = options.bytes(.body)
    if let ranges = try options.ranges(.statusRanges) { check.statusRanges = ranges }
    if let limit = try options.number(.maxRedirects) { check.maxRedirects = limit }
    check.contains = try options.texts(.contains)
    check.absent = try options.texts(.absent)
    if let limit = try options.number(.bodyLimit) { check.bodyLimit = limit }
    try options.common(&check)
    check.degradedBelowCertificateDays = try options.number(.degradedBelowCertificateDays)
    check.tls = try options.tls() ?? TLSWishes()
    try options.group(.authentication) { reader throws(WireError) in
      check.authentication = try authentication(&reader)
    }
    try options.group(.proxy) { reader throws(WireError) in
      var proxy = Proxy(url: try reader.string(limit: textLimit))
      proxy.user = try reader.optionalString()
      proxy.password = try reader.optionalString()
      check.proxy = proxy
    }
    if let number = try options.number(.version) {
      guard let version = UInt8(exactly: number).flatMap({ HTTPVersion(rawValue: $0) }) else {
        throw .value
      }
      check.version = version
    }
    let pinned = options.bytes(.pinnedAddress)
    if !pinned.isEmpty {
      guard let address = IPAddress(bytes: pinned) else { throw .value }
      check.pinnedAddress = address
    }
    check.expectedLocation = try options.text(.expectedLocation)
    let wishes = try options.number(.wishes) ?? 0
    check.keepsCookies = wishes & 1 != 0
    check.bustsCaches = wishes & 2 != 0
    check.wantsCompression = wishes & 4 != 0
    check.keepsConnection = wishes & 8 != 0
    return check
  }

  static func encode(_ check: HTTPCheck, to options: inout TargetOptionsWriter) {
    let usual = HTTPCheck(url: check.url)
    options.text(.address, check.url)
    if check.method != usual.method { options.text(.method, check.method) }
    options.headers(check.headers)
    options.bytes(.body, check.body)
    if check.statusRanges != usual.statusRanges {
      options.ranges(.statusRanges, check.statusRanges)
    }
    options.number(.maxRedirects, check.maxRedirects, unless: usual.maxRedirects)
    options.texts(.contains, check.contains)
    options.texts(.absent, check.absent)
    options.number(.bodyLimit, check.bodyLimit, unless: usual.bodyLimit)
    options.common(check, certificateDays: check.degradedBelowCertificateDays)
    options.tls(check.tls, unless: usual.tls)
    if let authentication = check.authentication {
      options.group(.authentication) { encode(authentication, to: &$0) }
    }
    if let proxy = check.proxy {
      options.group(.proxy) { writer in
        for text in [proxy.url, proxy.user ?? "", proxy.password ?? ""] {
          writer.string(text, limit: textLimit)
        }
      }
    }
    options.number(.version, UInt32(check.version.rawValue), unless: 0)
    options.bytes(.pinnedAddress, check.pinnedAddress?.bytes ?? [])
    options.optionalText(.expectedLocation, check.expectedLocation)
    let wishes: UInt32 =
      (check.keepsCookies ? 1 : 0) | (check.bustsCaches ? 2 : 0)
      | (check.wantsCompression ? 4 : 0) | (check.keepsConnection ? 8 : 0)
    options.number(.wishes, wishes, unless: 0)
  }

  /// 1 basic, 2 digest, 3 ntlm: user, password; 4 bearer: token; 5 OAuth 2: URL, id, secret, count
  /// varint, scopes; 6 Signature Version 4: region, service, key's id, key, session's token.
  private static func authentication(
    _ reader: inout ByteReader
  ) throws(WireError) -> HTTPAuthentication {
    let kind = try reader.varint()
    func text() throws(WireError) -> String { try reader.string(limit: textLimit) }
    switch kind {
    case 1: return .basic(user: try text(), password: try text())
    case 2: return .digest(user: try text(), password: try text())
    case 3: return .ntlm(user: try text(), password: try text())
    case 4: return .bearer(token: try text())
    case 5:
      var oauth = HTTPAuthentication.OAuth2(
        tokenURL: try text(), clientID: try text(), clientSecret: try text())
      for _ in 0..<(try reader.count(minimumBytes: 1)) { oauth.scopes.append(try text()) }
      return .oauth2(oauth)
    case 6:
      var signing = HTTPAuthentication.SigV4(
        region: try text(), service: try text(), accessKey: try text(), secretKey: try text())
      signing.sessionToken = try reader.optionalString()
      return .sigV4(signing)
    default: throw .value
    }
  }

  private static func encode(_ authentication: HTTPAuthentication, to writer: inout ByteWriter) {
    func put(_ kind: UInt64, _ texts: [String]) {
      writer.varint(kind)
      for text in texts { writer.string(text, limit: textLimit) }
    }
    switch authentication {
    case .basic(let user, let password): put(1, [user, password])
    case .digest(let user, let password): put(2, [user, password])
    case .ntlm(let user, let password): put(3, [user, password])
    case .bearer(let token): put(4, [token])
    case .oauth2(let oauth):
      put(5, [oauth.tokenURL, oauth.clientID, oauth.clientSecret])
      writer.count(oauth.scopes.count)
      for scope in oauth.scopes { writer.string(scope, limit: textLimit) }
    case .sigV4(let signing):
      put(
        6,
        [
          signing.region, signing.service, signing.accessKey, signing.secretKey,
          signing.sessionToken ?? "",
        ])
    }
  }
}
