import Glibc
import Listening
import Logging
import Model
import NIOCore
import NIOPosix
import NIOSSL
import OpenSSL
import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// The agents' port: TLS 1.3 under the installation's key, and one session an agent.
public final class IngressServer: Service {
  /// What a server is made of.
  public struct Configuration: Sendable {
    public var host: String
    /// 0 takes a free one.
    public var port: Int
    /// Without it connections are plain, which only loopback allows.
    public var isTLS: Bool
    public var limits = IngressLimits()
    /// Event loops.
    public var threads: Int

    public init(host: String, port: Int, isTLS: Bool = true, threads: Int = 2) {
      self.host = host
      self.port = port
      self.isTLS = isTLS
      self.threads = threads
    }
  }

  private let configuration: Configuration
  private let core: IngressCore
  private let tls: NIOSSLContext?
  private let database: PostgresAddress
  private let log: Logger
  private let group: MultiThreadedEventLoopGroup
  private let onListening: @Sendable (Int) -> Void
  private let running = Mutex<Running?>(nil)

  private struct Running {
    var channel: any Channel
    var listener: PostgresListener
    var watch: IngressWatch
  }

  /// Makes a server that binds when it runs.
  ///
  /// `pool`, `writer` and `key` are the store's; they must outlive the server. `onListening` is
  /// told the port once connections are taken.
  public init(
    _ configuration: Configuration, installation: Installation, key: SealingKey,
    database: PostgresAddress, pool: PostgresPool, writer: IngestWriter, log: Logger,
    onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) throws {
    guard configuration.isTLS || Self.isLoopback(configuration.host) else {
      throw IngressError.plainElsewhere(host: configuration.host)
    }
    self.configuration = configuration
    self.database = database
    self.log = log
    self.onListening = onListening
    tls = configuration.isTLS ? try Self.context(installation) : nil
    core = IngressCore(
      collector: .random(), pin: configuration.isTLS ? installation.pin : nil,
      limits: configuration.limits, key: key, pool: pool, writer: writer, log: log)
    group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.threads))
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  private static func context(_ installation: Installation) throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(installation.certificate.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(installation.privateKey.utf8), format: .pem)
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.minimumTLSVersion = .tlsv13
    tls.maximumTLSVersion = .tlsv13
    tls.certificateVerification = .none
    return try NIOSSLContext(configuration: tls)
  }

  /// Binds, serves until a graceful shutdown, then says goodbye to every agent.
  public func run() async throws {
    let port = try await start()
    log.info(
      "agents may connect",
      metadata: ["host": "\(configuration.host)", "port": "\(port)"])
    onListening(port)
    // Waits for the group's signal; a cancellation ends it as well.
    try? await gracefulShutdown()
    await stop()
  }

  /// Binds and serves; gives the port.
  public func start() async throws -> Int {
    let channel = try await bind()
    let registry = core.registry
    let watch = IngressWatch(pool: core.pool, registry: registry, log: log)
    let listener = try PostgresListener(
      database, channels: IngressWatch.channels, application: "upblit ingress listen"
    ) { event in watch.take(event) }
    watch.start(on: group.next())
    running.withLock { $0 = Running(channel: channel, listener: listener, watch: watch) }
    return channel.localAddress?.port ?? configuration.port
  }

  private func bind() async throws -> any Channel {
    let core = core
    let tls = tls
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: configuration.limits.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause { core.cannotAccept($0) })
        }
      }
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try SocketOptions.set(on: channel)
          let address = channel.remoteAddress?.ipAddress ?? "unknown"
          if let refusal = core.gate.enter(address) {
            core.tell(refusal, address)
            throw IngressError.tooManyConnections
          }
          do {
            if let tls {
              try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
            }
            try channel.pipeline.syncOperations.addHandler(
              IngressHandler(
                core: core, connection: core.newContext(), address: address, isTLS: tls != nil))
          } catch {
            core.gate.prove(address)
            core.gate.leave()
            throw error
          }
        }
      }
    do {
      return try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
    } catch {
      throw IngressError.cannotBind(
        host: configuration.host, port: configuration.port, reason: Self.reason(error))
    }
  }

  /// The system's words for what it refused.
  private static func reason(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as SocketAddressError.UnknownHost: error.errorDescription
    default: "\(error)"
    }
  }

  /// Takes no more connections, lets the agents know, gives them time to take their acks, and ends.
  public func stop() async {
    guard
      let running = running.withLock({ running -> Running? in
        defer { running = nil }
        return running
      })
    else { return }
    try? await running.channel.close().get()
    running.watch.stop()
    core.registry.shutDown()
    await wait(forMs: configuration.limits.drainMs) { core.registry.isEmpty }
    let listener = running.listener
    await withCheckedContinuation { continuation in
      // Joins a thread: not for a cooperative one.
      group.next().execute {
        listener.stop()
        continuation.resume()
      }
    }
    // What the store answers goes to an event loop.
    await wait(forMs: configuration.limits.storeMs) { core.awaited.isNone }
    try? await group.shutdownGracefully()
  }

  private func wait(forMs limitMs: Int64, until isOver: () -> Bool) async {
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(limitMs)
    while !isOver(), clock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
  }

  /// What an operator must change so that agents are served, in one sentence; `nil` where all is well.
  public var trouble: String? {
    if core.lacksFiles {
      return "The agents' port can't take connections: the system gives this process no more open "
        + "files. Raise its limit (LimitNOFILE=, ulimit -n), or find what uses them up."
    }
    guard core.gate.isFull else { return nil }
    return
      "The agents' port takes no more connections: \(core.limits.connections) are open, as many "
      + "as this process may have. Raise its limit on open files (LimitNOFILE=, ulimit -n)."
  }

  /// How many sessions are live.
  public var sessionCount: Int { core.registry.count }
}

/// Why the agents' port can't be served, each in one sentence that says what to do.
public enum IngressError: Error, Hashable, Sendable, CustomStringConvertible {
  case cannotBind(host: String, port: Int, reason: String)
  case tooManyConnections
  case plainElsewhere(host: String)

  public var description: String {
    switch self {
    case .cannotBind(let host, let port, let reason):
      "the agents' port \(host):\(port) can't be opened (\(reason)): "
        + "set ingress_listen to a free address of this machine"
    case .plainElsewhere(let host):
      "agents can't be served without TLS at \(host): only at an address of the loopback"
    case .tooManyConnections: "too many connections"
    }
  }
}
