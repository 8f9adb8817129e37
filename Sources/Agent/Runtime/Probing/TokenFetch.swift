import AgentCore
import Curl
import JSON
import Model

/// A token that is being fetched, as the first request of a probe.
///
/// A reference, so that what belongs to few probes costs the others one look.
final class TokenFetch {
  /// More bytes of an answer are not read.
  static let bodyLimit = 64 << 10

  let key: TokenCache.Key
  let url: CurlURL
  let place: TokenCache.Place
  /// Whether the other place has been tried in vain.
  let isSecondTry: Bool
  var body: [UInt8] = []
  /// What the endpoint answered in place of a token.
  var refusal: String?

  init(key: TokenCache.Key, url: CurlURL, place: TokenCache.Place, isSecondTry: Bool) {
    self.key = key
    self.url = url
    self.place = place
    self.isSecondTry = isSecondTry
  }
}

extension ProbeTransfer {
  /// Makes the handle ready for the probe's first request: for its token, where it needs one.
  func prepareRequest(nowUs: Int64) throws(ProbeSetup.Unusable) {
    fetch = nil
    usedToken = nil
    hasFetched = false
    do {
      guard let key = tokenKey else {
        try setup?.renew(startedAtMs: startedAtMs, token: nil)
        return
      }
      if let token = captures.tokens.token(for: key, nowUs: nowUs) {
        usedToken = token.text
        try setup?.renew(startedAtMs: startedAtMs, token: token.text)
      } else {
        try beginFetch(key, at: captures.tokens.place(for: key), isSecondTry: false, nowUs: nowUs)
      }
    } catch let error as ProbeSetup.Unusable {
      throw error
    } catch {
      throw ProbeSetup.Unusable(reason: "the probe can't be set up: \(error)")
    }
  }

  private var tokenKey: TokenCache.Key? {
    guard let check = setup?.plan?.check, case .oauth2(let client) = check.authentication else {
      return nil
    }
    var tls = check.tls
    // These are the target's own, and prove nothing to the endpoint.
    tls.serverName = nil
    tls.certificate = nil
    tls.key = nil
    return TokenCache.Key(client: client, tls: tls, proxy: check.proxy)
  }

  /// Turns the handle to the token endpoint.
  private func beginFetch(
    _ key: TokenCache.Key, at place: TokenCache.Place, isSecondTry: Bool, nowUs: Int64
  ) throws {
    guard let setup, let plan = setup.plan else { return }
    guard let url = CurlURL(key.client.tokenURL), url.scheme == "https" || url.scheme == "http"
    else { throw ProbeSetup.Unusable(reason: "the token endpoint's URL can't be read") }
    var check = HTTPCheck(url: key.client.tokenURL)
    check.method = "POST"
    check.tls = key.tls
    check.proxy = key.proxy
    check.family = plan.check.family
    var form = [("grant_type", "client_credentials")]
    if !key.client.scopes.isEmpty {
      form.append(("scope", key.client.scopes.joined(separator: " ")))
    }
    let id = key.client.clientID
    let secret = key.client.clientSecret
    switch place {
    case .header:
      check.authentication = .basic(user: Self.formEncoded(id), password: Self.formEncoded(secret))
    case .body: form += [("client_id", id), ("client_secret", secret)]
    }
    check.body = Array(
      form.map { "\($0.0)=\(Self.formEncoded($0.1))" }.joined(separator: "&").utf8)
    check.headers = [
      RequestHeader(name: "Content-Type", value: "application/x-www-form-urlencoded"),
      RequestHeader(name: "Accept", value: "application/json"),
    ]
    try configure(for: check, nowUs: nowUs)
    fetch = TokenFetch(key: key, url: url, place: place, isSecondTry: isSecondTry)
    hasFetched = true
  }

  /// Gives the handle the options of another request, within what is left of the limit.
  private func configure(for check: HTTPCheck, nowUs: Int64) throws {
    guard let plan = setup?.plan, let handle = setup?.handle else { return }
    try handle.reset()
    handle.forgetCertificate()
    setup = try ProbeSetup.http(
      target, check, agent: plan.agent, configuration: plan.configuration, handle: handle)
    try handle.listen(self)
    try limit(handle, nowUs: nowUs)
  }

  /// Looks at the end of a request, where it was for a token or was answered that its token is not
  /// good.
  ///
  /// - Returns: whether the probe goes on; `nil` where tokens have nothing to do with it.
  func continuesForToken(after code: CurlCode, nowUs: Int64) -> Bool? {
    do {
      if let fetch { return try take(fetch, code, nowUs: nowUs) }
      guard code == .ok || stop == .bodyLimit || isLeavingForRedirect, let setup,
        setup.plan?.hasLeft == false, setup.handle.info(.status) == 401, let key = tokenKey
      else { return nil }
      captures.tokens.drop(key)
      // What was kept may have been taken back meanwhile; what is new can't be.
      guard usedToken != nil, !hasFetched, hasTimeLeft(nowUs: nowUs) else { return nil }
      try beginFetch(key, at: captures.tokens.place(for: key), isSecondTry: false, nowUs: nowUs)
      beginHop(nowUs: nowUs)
      return true
    } catch {
      fetch?.refusal = "it can't be asked"
      return false
    }
  }

  private func take(_ fetch: TokenFetch, _ code: CurlCode, nowUs: Int64) throws -> Bool {
    guard code == .ok, let setup, case .check(.http(let check)) = target.question else {
      return false
    }
    let status = setup.handle.info(.status)
    let answer = try? JSONValue(parsing: fetch.body)
    if status == 200, let text = answer?["access_token"]?.stringValue, Self.isToken(text) {
      let token = AccessToken(
        text: text, expiresIn: answer?["expires_in"]?.secondsValue, nowUs: nowUs)
      captures.tokens.keep(token, for: fetch.key)
      captures.tokens.note(fetch.place, for: fetch.key)
      guard hasTimeLeft(nowUs: nowUs) else {
        self.fetch = nil
        hasRunOut = true
        return false
      }
      try configure(for: check, nowUs: nowUs)
      forgetRedirects()
      self.fetch = nil
      usedToken = text
      try self.setup?.renew(startedAtMs: startedAtMs, token: text)
      beginHop(nowUs: nowUs)
      return true
    }
    if status == 400 || status == 401, !fetch.isSecondTry, hasTimeLeft(nowUs: nowUs) {
      // Some endpoints take the client's secret in one place, some in the other.
      try beginFetch(
        fetch.key, at: fetch.place == .header ? .body : .header, isSecondTry: true, nowUs: nowUs)
      beginHop(nowUs: nowUs)
      return true
    }
    self.fetch?.refusal = Self.refusal(status: status, answer: answer)
    return false
  }

  /// What an endpoint said, by RFC 6749 section 5.2 where it keeps to that.
  private static func refusal(status: Int, answer: JSONValue?) -> String {
    guard status != 200 else { return "its endpoint answered 200 without one that can be used" }
    let words = ["error", "error_description"].compactMap { answer?[$0]?.stringValue }
    return "its endpoint answered \(status)"
      + (words.isEmpty ? "" : ": " + words.joined(separator: ", "))
  }

  /// Whether a token can stand in a header (RFC 6750 section 2.1), loosely read.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 16_384
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }

  /// As browsers write a form (the URL standard, section 5.2).
  private static func formEncoded(_ text: String) -> String {
    var result: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "*"):
        result.append(byte)
      case 0x20: result.append(UInt8(ascii: "+"))
      default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension JSONValue {
  /// A number of seconds, which some endpoints write as a text.
  fileprivate var secondsValue: Int64? {
    switch self {
    case .integer(let number): number
    case .string(let text): Int64(text)
    default: nil
    }
  }
}
