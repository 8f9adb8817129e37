import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdHTTP2
import Listening
public import Logging
import NIOCore
import HummingbirdCore
import SignIn
import Store
public import ServiceLifecycle
public import Postgres

/// The HTTP server of the API: one long-lived part of the collector.
///
/// Stateless: several may serve one store. It stops taking connections when it is told to shut
/// down gracefully, and returns when the requests in flight are answered.
public struct APIServer: Service {
  private let store: PostgresPool
  private let configuration: APIConfiguration
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameter onListening: is told the port once connections are taken.
  public init(
    store: PostgresPool, configuration: APIConfiguration, logger: Logger,
    onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) {
    self.store = store
    self.configuration = configuration
    self.logger = logger
    self.onListening = onListening
  }

  /// Every operation, in the order in which a description lists them.
  static let routes: [Route] =
    HealthResource.routes + LoginResource.routes + SetupResource.routes + AccountResource.routes
    + SessionResource.routes + OIDCResource.routes + LinkedIdentityResource.routes
    + IdentityResource.routes + StatusResource.routes
    + OrganizationResource.routes + OrganizationListResource.routes + MemberResource.routes
    + InvitationResource.routes + APIKeyResource.routes + AuditResource.routes
    + PeopleResource.routes
    + MonitorResource.routes + MonitorActionResource.routes + CheckResource.routes
    + ResultResource.routes
    + LatencyResource.routes + VerdictResource.routes
    + UptimeResource.routes + BacktestResource.routes
    + IncidentResource.routes + IncidentResource.exports + IncidentNoteResource.routes
    + ResultResource.exports + RegionResource.routes
    + NoticeResource.routes + MaintenanceResource.routes + StatusPageResource.routes
    + ChannelKindResource.routes + ChannelResource.routes + ChannelTestResource.routes
    + AlertRouteResource.routes + DeliveryResource.routes
    + EventResource.routes + AgentResource.routes + AgentEventResource.routes
    + EnrolmentTokenResource.routes + DocumentResource.routes

  /// Serves until the surrounding group shuts down. Throws when the address can't be had or the
  /// TLS files can't be read.
  public func run() async throws {
    let http = client()
    let logger = logger
    let signIn = SignInParts(
      tokens: AccessTokens(
        store: store, sealing: configuration.sealingKey,
        installation: configuration.installation),
      passwords: try PasswordGate(parameters: configuration.passwords),
      oidc: configuration.oidc.map { OIDCProvider($0, over: http, logger: logger) })
    let context = APIContext(store: store, configuration: configuration, signIn: signIn)
    let responder = APIResponder(
      table: RouteTable(routes: Self.routes), context: context, logger: logger)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let onListening = onListening
    let keeper = try configuration.tls.map { files throws(APIConfiguration.TLSFiles.Problem) in
      try CertificateKeeper(files, logger: logger)
    }
    var application = Application(
      responder: responder, server: try server(keeper),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        availableConnectionsDelegate: MaximumAvailableConnections(configuration.maxConnections)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? 0
        channel.eventLoop.execute {
          try? channel.pipeline.syncOperations.addHandler(
            AcceptPause { error in
              logger.warning(
                "the API can't be given another connection", metadata: ["reason": "\(error)"])
            }, position: .first)
        }
        logger.info("the API listens", metadata: ["port": "\(port)"])
        await onListening(port)
      }, logger: quiet)
    if let keeper { application.addServices(keeper) }
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await context.streams.hub.run() }
        defer { group.cancelAll() }
        try await application.run()
      }
    } catch {
      try? await http.shutdown()
      throw error
    }
    try await http.shutdown()
  }

  /// What asks a provider of identities: it follows nothing, so that secrets go where they are meant to.
  private func client() -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: .seconds(10)))
    configuration.proxy = nil
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// HTTP/1.1, and with TLS HTTP/2 for clients that choose it in the handshake.
  private func server(_ keeper: CertificateKeeper?) throws -> HTTPServerBuilder {
    let patience = configuration.patience
    let idle = Duration.seconds(configuration.idleSeconds)
    let publicSite = configuration.publicSite
    let http1 = HTTP1Channel.Configuration(
      additionalChannelHandlers: [ExchangeWatch(patience)]
        + (publicSite.map { [KeptAnswers($0, idle: TimeAmount(idle))] } ?? []),
      idleTimeout: TimeAmount(idle),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
    // The server says goodbye after the idle time; the guard ends what does not answer to that.
    let deaf = idle + .seconds(10)
    let share = ConnectionShare(configuration)
    guard let keeper else {
      return HTTPServerBuilder { responder in
        GuardedChannel(
          inner: HTTP1Channel(responder: responder, configuration: http1),
          greeting: patience.greeting, idle: deaf, share: share)
      }
    }
    let tls = try keeper.serverConfiguration()
    return HTTPServerBuilder { responder in
      GuardedChannel(
        inner: try HTTP2UpgradeChannel(
          tlsConfiguration: tls,
          configuration: HTTP2ChannelConfiguration(
            idleTimeout: idle, gracefulCloseTimeout: .seconds(10), streamConfiguration: http1),
          responder: responder),
        greeting: patience.greeting, idle: deaf, share: share)
    }
  }
}
