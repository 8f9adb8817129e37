import API
import ConsoleServer
import Decisions
import Glibc
import Ingress
import Logging
import NIOCore
import OpenSSL
import PageServing
import Postgres
import Sending
import ServiceLifecycle
import Settings
import Signing
import Store
import UnixSignals

/// The collector at work: every long-lived part in one group, which ends as one.
struct Serve {
  private let surroundings: Surroundings
  private let log: Logger
  private let openFiles: OpenFiles
  /// Over which public pages are read.
  private static let pageConnections = 2

  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
    log = surroundings.log("collector")
    // Two pools and the pages', the writer, the decisions and five who listen; whoever sends an alert
    // has a receiver beside.
    openFiles = .raised(
      store: 2 * surroundings.settings[CollectorSettings.databasePool]
        + 2 * surroundings.settings[CollectorSettings.alertsWorkers] + Self.pageConnections + 10)
  }

  /// Serves until SIGTERM or SIGINT, then says goodbye in order. Throws where a part can't start.
  func run() async throws {
    let installation = try await prepared()
    let settings = surroundings.settings
    let pool = try PostgresPool(
      surroundings.address, size: settings[CollectorSettings.databasePool],
      application: "upblit-collector")
    let writer = try writer()
    let ready = ReadyService(log: log, parts: ["agents' port", "API"])
    let ingress = try ingress(installation, pool, writer, ready)
    // What people ask for never waits before, or instead of, what agents say.
    let apiPool = try PostgresPool(
      surroundings.address, size: settings[CollectorSettings.databasePool],
      application: "upblit-collector api")
    // Nor does it wait for public pages, which may all be read again at once.
    let pagePool = try pagePool()
    let pages = PageService(
      pool: pagePool, database: surroundings.address, origin: surroundings.publicURL,
      stateFolder: settings[CollectorSettings.stateFolder], log: surroundings.log("pages"))
    let api = try api(installation, apiPool, ready, pages.site) { ingress.trouble }
    let decisions = DecisionService(surroundings.address, logger: surroundings.log("decisions"))
    let maintenance = MaintenanceService(pool: apiPool, log: surroundings.log("maintenance"))
    let alerts = AlertService(
      surroundings.address, sending(), logger: surroundings.log("alerts"))
    var group = ServiceGroupConfiguration(
      services: [
        // They are told to stop in the opposite order: agents first.
        .init(service: maintenance), .init(service: alerts), .init(service: decisions),
        .init(service: pages), .init(service: api), .init(service: ready),
        .init(service: ingress),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(log))
    group.maximumGracefulShutdownDuration = .seconds(20)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      throw Self.named(error, surroundings)
    }
    writer.stop()
    pagePool.stop()
    apiPool.stop()
    pool.stop()
    log.info("stopped")
  }

  /// What `prepare` returns. While the store is away, and pages are kept in a folder, they are served as
  /// they last were; whatever else is asked for is unavailable.
  private func prepared() async throws -> Installation {
    do {
      return try prepare()
    } catch {
      guard surroundings.settings[CollectorSettings.stateFolder] != nil, Self.isAway(error) else {
        throw error
      }
      log.warning(
        "Postgres is away: until it is back, the last status pages are served, and nothing else",
        metadata: ["error": "\(error)"])
    }
    let settings = surroundings.settings
    let listen = surroundings.httpAddress
    let pool = try PostgresPool(
      surroundings.address, size: 2, application: "upblit-collector waiting")
    defer { pool.stop() }
    let pagePool = try pagePool()
    defer { pagePool.stop() }
    let pages = PageService(
      pool: pagePool, database: surroundings.address, origin: surroundings.publicURL,
      stateFolder: settings[CollectorSettings.stateFolder], log: surroundings.log("pages"))
    var configuration = APIConfiguration(
      host: listen.host, port: listen.port, tls: surroundings.tlsFiles, ingressAddress: "",
      pins: [], sealingKey: surroundings.key, installation: PostgresUUID(high: 0, low: 0))
    configuration.trouble = { "Postgres is away" }
    configuration.publicSite = pages.site
    configuration.proxies = settings[CollectorSettings.httpProxies]
    configuration.maxConnections = openFiles.requests
    let server = APIServer(
      store: pool, configuration: configuration, logger: surroundings.log("api"))
    return try await withThrowingTaskGroup(of: Installation?.self) { group in
      group.addTask {
        try await server.run()
        return nil
      }
      group.addTask { try await awaited() }
      defer { group.cancelAll() }
      while let ended = try await group.next() {
        if let ended { return ended }
      }
      throw CancellationError()
    }
  }

  /// Tries each second until the store is there.
  private func awaited() async throws -> Installation {
    while true {
      SystemdNotifier.waiting(for: "Postgres")
      try await Task.sleep(for: .seconds(1))
      do {
        return try prepare()
      } catch {
        guard Self.isAway(error) else { throw error }
      }
    }
  }

  private static func isAway(_ error: any Error) -> Bool {
    switch (error as? PostgresError)?.kind {
    case .unavailable, .reconnect: true
    default: false
    }
  }

  /// The schema as it must be, and the installation's identity; blocks, before anything runs.
  private func prepare() throws -> Installation {
    let connection = try surroundings.connect()
    if surroundings.settings[CollectorSettings.noMigrate] {
      try Migrator.check(connection)
    } else {
      for step in try Migrator.migrate(connection) {
        log.notice("ran a migration", metadata: ["step": "\(step.number) \(step.name)"])
      }
    }
    let installation = try Installation.open(connection, key: surroundings.key)
    try Canary.install(
      surroundings.settings[CollectorSettings.canaries].compactMap { Canary($0) }, connection)
    if let secret = try SetupLinks.make(on: connection) {
      log.notice(
        "nobody can sign in yet: make the first person with this secret within a day, or with create-admin",
        metadata: [
          "secret": "\(secret.text)",
          // Behind the number sign, so that it reaches no server's log.
          "page": "\(surroundings.publicURL)/setup#\(secret.text)",
          "command": "upblit login \(surroundings.publicURL) --setup",
        ])
    }
    return installation
  }

  private func pagePool() throws -> PostgresPool {
    try PostgresPool(
      surroundings.address, size: Self.pageConnections, application: "upblit-collector pages")
  }

  private func writer() throws -> IngestWriter {
    let log = surroundings.log("ingest")
    let damper = LogDamper()
    return try IngestWriter(surroundings.address) { trouble in
      switch trouble {
      case .refused(let place, let error):
        log.error(
          "a batch can never be stored",
          metadata: [
            "agent_key": "\(place.agentKey)", "sequence": "\(place.sequence)",
            "error": "\(error)",
          ])
      case .unavailable(let error):
        guard let heldBack = damper.pass() else { return }
        log.warning(
          "results can't be stored now; agents keep them",
          metadata: ["error": "\(error)", "held_back": "\(heldBack)"])
      case .outcomeUnknown(let error):
        log.warning("the outcome of a commit is not known", metadata: ["error": "\(error)"])
      }
    }
  }

  private func ingress(
    _ installation: Installation, _ pool: PostgresPool, _ writer: IngestWriter,
    _ ready: ReadyService
  ) throws -> IngressServer {
    let listen = surroundings.ingressAddress
    let settings = surroundings.settings
    var configuration = IngressServer.Configuration(
      host: listen.host, port: listen.port, isTLS: !settings[CollectorSettings.ingressPlain],
      threads: settings[CollectorSettings.ingressThreads])
    configuration.limits.connections = min(
      configuration.limits.connections, openFiles.agents)
    return try IngressServer(
      configuration,
      installation: installation, key: surroundings.key, database: surroundings.address,
      pool: pool, writer: writer, log: surroundings.log("ingress"),
      onListening: { _ in ready.stands("agents' port") })
  }

  private func api(
    _ installation: Installation, _ pool: PostgresPool, _ ready: ReadyService, _ pages: PageSite,
    trouble: @escaping @Sendable () -> String?
  ) throws -> APIServer {
    let listen = surroundings.httpAddress
    let settings = surroundings.settings
    let isPlain = settings[CollectorSettings.ingressPlain]
    var configuration = APIConfiguration(
      host: listen.host, port: listen.port, tls: surroundings.tlsFiles,
      ingressAddress: settings[CollectorSettings.ingressPublicAddress]
        ?? settings[CollectorSettings.ingressListen],
      pins: isPlain ? [] : Pin(hash: installation.pin).map { [$0] } ?? [],
      sealingKey: surroundings.key, installation: installation.id)
    configuration.trouble = trouble
    configuration.publicSite = pages
    configuration.site = ConsoleSite()
    configuration.origins = settings[CollectorSettings.httpOrigins]
    configuration.publicOrigin = settings[CollectorSettings.httpPublicURL]
    configuration.oidc = surroundings.oidc
    configuration.sender = sending().sender
    configuration.proxies = settings[CollectorSettings.httpProxies]
    configuration.rate = RatePolicy(
      requests: settings[CollectorSettings.httpRate], seconds: 60)
    configuration.maxConnections = openFiles.requests
    return APIServer(
      store: pool, configuration: configuration, logger: surroundings.log("api"),
      onListening: { _ in ready.stands("API") })
  }

  private func sending() -> SendingSettings {
    let settings = surroundings.settings
    let origin = settings[CollectorSettings.httpPublicURL]
    let sender = Sender.Configuration(
      receivers: ReceiverGuard(allowsPrivate: settings[CollectorSettings.alertsAllowPrivate]),
      host: origin.flatMap(Sender.host(of:)) ?? "upblit.invalid",
      authorities: settings[CollectorSettings.alertsAuthorities])
    return SendingSettings(
      sealing: surroundings.key, sender: sender, places: AlertPlaces(origin: origin),
      workers: settings[CollectorSettings.alertsWorkers])
  }

  private func quiet(_ log: Logger) -> Logger {
    var quiet = log
    quiet.logLevel = max(log.logLevel, .warning)
    return quiet
  }

  /// What the parts throw without saying whose port it was.
  private static func named(_ error: any Error, _ surroundings: Surroundings) -> any Error {
    switch error {
    case is IngressError, is PostgresError, is CommandFailure: return error
    default:
      let reason: String
      switch error {
      case let error as IOError: reason = String(cString: strerror(error.errnoCode))
      case let error as SocketAddressError.UnknownHost: reason = error.errorDescription
      default: return error
      }
      let address = surroundings.settings[CollectorSettings.httpListen]
      return CommandFailure(
        code: .osError,
        message: "the API's port \(address) can't be opened "
          + "(\(reason)): "
          + "set http_listen to a free address of this machine")
    }
  }
}
