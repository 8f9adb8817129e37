/// How a collector is asked.
public struct ClientConfiguration: Sendable {
  public var server: ServerAddress
  /// `nil` asks without one, which only a few paths allow.
  public var credential: Credential?
  /// The id of the organization in which a person acts, who belongs to several; `nil` for the only one,
  /// and for keys.
  public var organization: String?
  /// A PEM file with the authorities to believe, in place of the system's.
  public var caFile: String?
  /// `http://host:port`, `socks5://...`; "" for none. `nil` takes what `HTTPS_PROXY` and `NO_PROXY` say.
  /// Never used for plain http, which does not leave this machine.
  public var proxy: String?
  /// What one attempt may take, connecting included.
  public var timeoutMs: Int
  /// What connecting may take.
  public var connectTimeoutMs: Int
  public var retries: RetryPolicy
  /// The most bytes that are read of an answer.
  public var answerLimit: Int
  public var userAgent: String
  /// Hears of every attempt; what it is given holds no secret of the request.
  public var observer: (@Sendable (Exchange) -> Void)?

  public init(
    server: ServerAddress, credential: Credential? = nil, organization: String? = nil,
    caFile: String? = nil, proxy: String? = nil, timeoutMs: Int = 30_000,
    connectTimeoutMs: Int = 10_000,
    retries: RetryPolicy = RetryPolicy(), answerLimit: Int = 64 << 20,
    userAgent: String = "UpblitClient/\(APIClient.version)",
    observer: (@Sendable (Exchange) -> Void)? = nil
  ) {
    self.server = server
    self.credential = credential
    self.organization = organization
    self.caFile = caFile
    self.proxy = proxy
    self.timeoutMs = timeoutMs
    self.connectTimeoutMs = connectTimeoutMs
    self.retries = retries
    self.answerLimit = answerLimit
    self.userAgent = userAgent
    self.observer = observer
  }
}

/// One attempt at a request, for a person who looks for trouble. Credentials are left out.
public struct Exchange: Sendable {
  /// From 1 on.
  public var attempt: Int
  public var method: String
  public var url: String
  /// `Name: value`, the credential's value replaced.
  public var requestHeaders: [String]
  public var requestBytes: Int
  /// `nil` where nothing answered.
  public var status: Int?
  public var answerHeaders: [APIAnswer.Header]
  public var answerBytes: Int
  public var milliseconds: Int
  /// Where nothing answered.
  public var error: APIError?
}
