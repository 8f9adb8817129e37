/// How a request proves who asks.
public enum HTTPAuthentication: Hashable, Sendable {
  case basic(user: String, password: String)
  case digest(user: String, password: String)
  /// The user may be `DOMAIN\user`.
  case ntlm(user: String, password: String)
  case bearer(token: String)
  /// Client credentials (RFC 6749 section 4.4); the token is kept until it expires.
  case oauth2(OAuth2)
  /// AWS Signature Version 4.
  case sigV4(SigV4)

  /// Where a token is fetched.
  public struct OAuth2: Hashable, Sendable {
    /// An `https` URL, or `http`.
    public var tokenURL: String
    public var clientID: String
    public var clientSecret: String
    public var scopes: [String]

    public init(tokenURL: String, clientID: String, clientSecret: String, scopes: [String] = []) {
      self.tokenURL = tokenURL
      self.clientID = clientID
      self.clientSecret = clientSecret
      self.scopes = scopes
    }
  }

  /// What a request is signed with.
  public struct SigV4: Hashable, Sendable {
    public var region: String
    public var service: String
    public var accessKey: String
    public var secretKey: String
    /// Of temporary credentials.
    public var sessionToken: String?

    public init(
      region: String, service: String, accessKey: String, secretKey: String,
      sessionToken: String? = nil
    ) {
      self.region = region
      self.service = service
      self.accessKey = accessKey
      self.secretKey = secretKey
      self.sessionToken = sessionToken
    }
  }
}

/// What stands between the agent and the target.
public struct Proxy: Hashable, Sendable {
  /// `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`, then host and port.
  public var url: String
  public var user: String?
  public var password: String?

  public init(url: String, user: String? = nil, password: String? = nil) {
    self.url = url
    self.user = user
    self.password = password
  }
}
