import CLinux
import DNS
import Linux

/// The two files that say how this host finds names, read anew when they change.
///
/// It belongs to the loop's thread. Links are followed: resolv.conf often is one.
final class HostFiles {
  /// How often it is looked whether they have changed, at most.
  static let checkIntervalUs: Int64 = 1_000_000
  /// Bytes that are read of either file.
  private static let mostBytes = 4 << 20

  /// Tells whether a file is still the one that was read.
  private struct Stamp: Equatable {
    var device: UInt
    var inode: UInt
    var size: Int
    var seconds: Int
    var nanoseconds: Int

    init?(_ path: String) {
      var found = stat()
      guard stat(path, &found) == 0 else { return nil }
      device = UInt(found.st_dev)
      inode = UInt(found.st_ino)
      size = Int(found.st_size)
      seconds = found.st_mtim.tv_sec
      nanoseconds = found.st_mtim.tv_nsec
    }
  }

  private let settings: ResolverSettings
  private(set) var configuration: ResolverConfiguration
  private(set) var hosts = HostsFile()
  private var configurationStamp: Stamp?
  private var hostsStamp: Stamp?
  private var checkAtUs = Int64.min

  init(_ settings: ResolverSettings) {
    self.settings = settings
    configuration = ResolverConfiguration(parsing: [], port: settings.port)
  }

  /// Reads what has changed, unless it was looked less than a second ago.
  ///
  /// - Returns: whether name servers are to be asked otherwise than before.
  func refresh(nowUs: Int64) -> Bool {
    guard nowUs >= checkAtUs else { return false }
    checkAtUs = nowUs + Self.checkIntervalUs
    let hostsNow = Stamp(settings.hostsPath)
    if hostsNow != hostsStamp, let bytes = Self.read(settings.hostsPath, hostsNow != nil) {
      hostsStamp = hostsNow
      hosts = HostsFile(parsing: bytes)
    }
    let configurationNow = Stamp(settings.configurationPath)
    guard configurationNow != configurationStamp,
      let bytes = Self.read(settings.configurationPath, configurationNow != nil)
    else { return false }
    configurationStamp = configurationNow
    let changed = ResolverConfiguration(parsing: bytes, port: settings.port)
    defer { configuration = changed }
    return changed != configuration
  }

  /// A file's bytes; none where there is no file, `nil` where it is there and can't be read, so that what
  /// was read before goes on.
  private static func read(_ path: String, _ isThere: Bool) -> [UInt8]? {
    guard isThere else { return [] }
    let raw = up_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard raw >= 0 else { return nil }
    let file = Descriptor(owning: raw)
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < mostBytes {
      let count = CLinux.read(file.raw, &piece, piece.count)
      if count < 0, up_errno() == EINTR { continue }
      guard count >= 0 else { return nil }
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    return bytes
  }
}
