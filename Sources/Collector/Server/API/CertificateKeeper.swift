import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that the API shows, read anew when its files change.
///
/// Whoever renews a certificate writes two files, one after the other: as long as they don't belong
/// together, or can't be read, the one before stays.
final class CertificateKeeper: Sendable {
  private let files: APIConfiguration.TLSFiles
  private let logger: Logger
  private let state: Mutex<State>

  private struct State {
    var identity: NIOSSLContextConfigurationOverride
    /// What the files held when they were last read, whether that could be used or not.
    var seen: [[UInt8]?]
    var lookedAt: ContinuousClock.Instant
  }

  /// Throws where the files can't be used.
  init(
    _ files: APIConfiguration.TLSFiles, logger: Logger
  ) throws(APIConfiguration.TLSFiles.Problem) {
    self.files = files
    self.logger = logger
    let seen = Self.look(files)
    state = Mutex(
      State(
        identity: Self.identity(try files.serverConfiguration()), seen: seen,
        lookedAt: ContinuousClock.now))
  }

  /// What a server is made of that asks this for its certificate at every handshake.
  func serverConfiguration() throws(APIConfiguration.TLSFiles.Problem) -> TLSConfiguration {
    var tls = try files.serverConfiguration()
    tls.sslContextCallback = { [self] _, promise in promise.succeed(present()) }
    return tls
  }

  /// The newest certificate that can be used. Reads the files at most once a second: a few thousand
  /// bytes, so that it may be asked on an event loop.
  private func present() -> NIOSSLContextConfigurationOverride {
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.lookedAt >= .seconds(1) else { return state.identity }
      state.lookedAt = now
      let look = Self.look(files)
      guard look != state.seen else { return state.identity }
      state.seen = look
      do {
        state.identity = Self.identity(try files.serverConfiguration())
        logger.info("the API's certificate was read anew")
      } catch {
        logger.warning(
          "the API's new certificate can't be used: the one before stays",
          metadata: ["reason": "\(error)"])
      }
      return state.identity
    }
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
