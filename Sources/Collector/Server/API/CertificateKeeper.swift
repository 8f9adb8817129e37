import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The certificate that the API shows, read anew when its files change.
///
/// Whoever renews a certificate writes two files, one after the other: as long as they don't belong
/// together, or can't be read, the one before stays.
final class CertificateKeeper: Service {
  private let files: APIConfiguration.TLSFiles
  private let logger: Logger
  private let identity: Mutex<NIOSSLContextConfigurationOverride>
  /// What the files held when they were first read.
  private let first: [[UInt8]?]

  /// Throws where the files can't be used.
  init(
    _ files: APIConfiguration.TLSFiles, logger: Logger
  ) throws(APIConfiguration.TLSFiles.Problem) {
    self.files = files
    self.logger = logger
    first = Self.look(files)
    identity = Mutex(Self.identity(try files.serverConfiguration()))
  }

  /// What a server is made of that asks this for its certificate at every handshake.
  func serverConfiguration() throws(APIConfiguration.TLSFiles.Problem) -> TLSConfiguration {
    var tls = try files.serverConfiguration()
    tls.sslContextCallback = { [self] _, promise in
      promise.succeed(identity.withLock { $0 })
    }
    return tls
  }

  /// Looks at the files every second, on a thread that may wait: they may lie on a disk that hangs.
  func run() async throws {
    try? await cancelWhenGracefulShutdown { [self] in
      var seen = first
      while true {
        try await Task.sleep(for: .seconds(1))
        let before = seen
        seen = try await NIOThreadPool.singleton.runIfActive { self.renew(unlike: before) }
      }
    }
  }

  /// Takes up what the files hold, where it is other than `seen` and can be used; returns what they hold.
  private func renew(unlike seen: [[UInt8]?]) -> [[UInt8]?] {
    let look = Self.look(files)
    if look == seen { return seen }
    do {
      let new = Self.identity(try files.serverConfiguration())
      identity.withLock { $0 = new }
      logger.info("the API's certificate was read anew")
    } catch {
      logger.warning(
        "the API's new certificate can't be used: the one before stays",
        metadata: ["reason": "\(error)"])
    }
    return look
  }

  private static func look(_ files: APIConfiguration.TLSFiles) -> [[UInt8]?] {
    [files.certificateChain, files.privateKey].map(APIConfiguration.TLSFiles.contents)
  }

  private static func identity(_ tls: TLSConfiguration) -> NIOSSLContextConfigurationOverride {
    var identity = NIOSSLContextConfigurationOverride()
    identity.certificateChain = tls.certificateChain
    identity.privateKey = tls.privateKey
    return identity
  }
}
