public import OpenSSL
public import Postgres
public import Sending
public import SignIn
public import Signing
public import Store

/// What the API must know of its surroundings.
public struct APIConfiguration: Sendable {
  /// The address to listen on: a name or an IP address.
  public var host: String
  /// The port to listen on; 0 takes a free one.
  public var port: Int
  /// PEM files of the certificate chain and its private key; plain HTTP where absent.
  public var tls: TLSFiles?
  /// Where agents connect, `host:port`, as it stands in enrolment commands.
  public var ingressAddress: String
  /// The pins of the agents' port that go into enrolment tokens: one, or two while a certificate
  /// is being rotated; none where the agents' port is plain, on a loopback.
  public var pins: [Pin]
  /// Seals the secrets of enrolment tokens in the store.
  public var sealingKey: SealingKey
  /// Names the installation for ever: access tokens are of it and for it.
  public var installation: PostgresUUID
  /// How the API is reached from outside, such as `https://monitor.example`; where absent, as a
  /// request says.
  public var publicOrigin: String?
  /// A provider of identities by which people may sign in.
  public var oidc: OIDCSettings?
  /// What passwords are hashed with.
  public var passwords = PasswordHash.Parameters.standard
  /// How a channel that is tried is sent to.
  public var sender = Sender.Configuration(
    receivers: ReceiverGuard(allowsPrivate: false), host: "upblit.invalid")
  /// What keeps another part of the collector from serving, in one sentence; `nil` where nothing does.
  public var trouble: @Sendable () -> String? = { nil }
  /// What anybody may read beside the API.
  public var publicSite: (any PublicSite)?
  /// Pages of people who sign in, beside the API.
  public var site: (any Site)?
  /// Requests that are served at once; more connections wait.
  public var maxConnections = 1024
  /// Connections that one customer may hold (`ConnectionShare`); `nil`: a quarter of all.
  public var connectionsOfOne: Int?
  /// Whether this machine's own connections are counted as one customer's.
  public var countsLoopback = false
  /// Bytes of a request's body that are read.
  public var bodyLimit = 256 * 1024
  /// Seconds within which a request's body must have arrived.
  public var bodySeconds = 15
  /// Seconds that an idle connection is kept.
  public var idleSeconds = 60
  /// How long a connection's other side is waited for.
  public var patience = Patience()
  /// What one API key may ask of this collector.
  public var rate = RatePolicy(requests: 6000, seconds: 60)
  /// What may be asked without a key, by whoever shares an address (of version 6 a /64).
  public var addressRate = RatePolicy(requests: 1200, seconds: 60)
  /// How many keys that are none may come from there.
  public var failureRate = RatePolicy(requests: 300, seconds: 60)
  /// The origins whose pages may use the API from a browser, such as `https://status.example.org`.
  public var origins: [String] = []
  /// Proxies whose `X-Forwarded-For` is believed.
  public var proxies: [IPNetwork] = []

  public init(
    host: String, port: Int, tls: TLSFiles? = nil, ingressAddress: String, pins: [Pin],
    sealingKey: SealingKey, installation: PostgresUUID
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.ingressAddress = ingressAddress
    self.pins = pins
    self.sealingKey = sealingKey
    self.installation = installation
  }

  /// The files of a TLS server.
  public struct TLSFiles: Sendable {
    public var certificateChain: String
    public var privateKey: String

    public init(certificateChain: String, privateKey: String) {
      self.certificateChain = certificateChain
      self.privateKey = privateKey
    }

    /// Why the files can't be used, in one sentence that says what to do.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
      public let description: String
    }
  }
}
