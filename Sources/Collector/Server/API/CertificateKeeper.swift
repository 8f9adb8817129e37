import Glibc
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
    /// How the files looked when they were last read, whether that went well or not.
    var seen: [FileLook]
    var lookedAt: ContinuousClock.Instant
  }

  /// What tells that a file is another one.
  private struct FileLook: Equatable {
    var inode: UInt
    var size: Int
    var seconds: Int
    var nanoseconds: Int

    /// `nil` where there is none.
    init?(_ path: String) {
      var information = stat()
      guard stat(path, &information) == 0 else { return nil }
      inode = UInt(information.st_ino)
      size = Int(information.st_size)
      seconds = information.st_mtim.tv_sec
      nanoseconds = information.st_mtim.tv_nsec
    }
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

  /// The newest certificate that can be used. Looks at the files at most once a second: two calls of
  /// the kernel, so that it may be asked on an event loop.
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

  private static func look(_ files: APIConfiguration.TLSFiles) -> [FileLook] {
    [files.certificateChain, files.privateKey].compactMap { FileLook($0) }
  }

  private static func identity(_ tls: TLSConfiguration) -> NIOSSLContextConfigurationOverride {
    var identity = NIOSSLContextConfigurationOverride()
    identity.certificateChain = tls.certificateChain
    identity.privateKey = tls.privateKey
    return identity
  }
}
