import HTTPTypes
import Hummingbird
import HummingbirdHTTP2
import Listening
public import Logging
import NIOCore
import HummingbirdCore
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
    HealthResource.routes + IdentityResource.routes + StatusResource.routes
    + OrganizationResource.routes
    + MonitorResource.routes + ResultResource.routes + VerdictResource.routes
    + UptimeResource.routes + BacktestResource.routes
    + IncidentResource.routes + NoticeResource.routes + MaintenanceResource.routes
    + AgentResource.routes + AgentEventResource.routes
    + EnrolmentTokenResource.routes + DocumentResource.routes

  /// Serves until the surrounding group shuts down. Throws when the address can't be had or the
  /// TLS files can't be read.
  public func run() async throws {
    let responder = APIResponder(
      table: RouteTable(routes: Self.routes),
      context: APIContext(store: store, configuration: configuration), logger: logger)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let logger = logger
    let onListening = onListening
    let application = Application(
      responder: responder, server: try server(),
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
    try await application.run()
  }

  /// HTTP/1.1, and with TLS HTTP/2 for clients that choose it in the handshake.
  private func server() throws -> HTTPServerBuilder {
    let http1 = HTTP1Channel.Configuration(
      idleTimeout: .seconds(Int64(configuration.idleSeconds)),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
    guard let files = configuration.tls else { return .http1(configuration: http1) }
    return try .http2Upgrade(
      tlsConfiguration: CertificateKeeper(files, logger: logger).serverConfiguration(),
      configuration: HTTP2ChannelConfiguration(
        idleTimeout: .seconds(configuration.idleSeconds), gracefulCloseTimeout: .seconds(10),
        streamConfiguration: http1))
  }
}
