import Curl
import Model

/// Handles at rest. Most http checks ask alike but for their URL; their probes use the same few handles
/// one after the other, since making one costs a fifth of a probe, and one kept for each target 8 MB a
/// thousand of them.
///
/// Belongs to the prober's thread.
final class HandlePool {
  /// Handles at rest; where more run at once, these are freed afterwards.
  private static let mostKept = 256
  /// Shapes that are told apart at once; targets of others make a handle for each probe.
  private static let mostShapes = 1_024

  /// The one that was used last stands last.
  private var idle: [ProbeSetup] = []
  private var shapes: [HTTPCheck: RequestShape] = [:]

  /// Whether the requests of a check may be made by a handle that others use: none that proves who asks
  /// by more than its headers, and none whose handle holds more than the request.
  static func mayShare(_ check: HTTPCheck) -> Bool {
    check.authentication == nil && check.proxy == nil && check.pinnedAddress == nil
      && !check.keepsCookies && !check.bustsCaches && !check.keepsConnection
      && check.tls.serverName == nil && check.tls.authorities == nil
      && check.tls.certificate == nil && check.tls.key == nil
      // Texts that look alike are equal, but not the same bytes.
      && check.headers.allSatisfy {
        $0.name.utf8.allSatisfy(isASCII) && $0.value.utf8.allSatisfy(isASCII)
      }
      && check.expectedLocation?.utf8.allSatisfy(isASCII) != false
  }

  private static func isASCII(_ byte: UInt8) -> Bool { byte < 0x80 }

  /// A check's requests, as handles of the pool can make them.
  ///
  /// - Parameter check: one that may share.
  /// - Returns: `nil` where more shapes are in use than are told apart.
  func request(of check: HTTPCheck, at url: CurlURL) -> PooledRequest? {
    var common = check
    common.url = url.scheme
    // What an answer is judged by is no matter of the handle's.
    common.statusRanges = []
    common.degradedAboveMs = nil
    common.degradedBelowCertificateDays = nil
    if let shape = shapes[common] { return PooledRequest(url, shape, in: self) }
    guard shapes.count < Self.mostShapes else { return nil }
    let shape = RequestShape(common)
    shapes[common] = shape
    return PooledRequest(url, shape, in: self)
  }

  /// A target asks no more: what nobody else asks for is forgotten, secrets in its headers included.
  fileprivate func leave(_ shape: RequestShape) {
    shape.users -= 1
    guard shape.users == 0 else { return }
    shapes[shape.common] = nil
    idle.removeAll { $0.shape === shape }
  }

  /// A handle for requests of a shape.
  func take(_ shape: RequestShape) -> ProbeSetup? {
    guard let index = idle.lastIndex(where: { $0.shape === shape }) else { return nil }
    return idle.remove(at: index)
  }

  /// Takes back a handle whose options are as it was made, or `ProbeSetup.serve` sets them anew.
  func give(_ setup: ProbeSetup) {
    guard let shape = setup.shape, shape.users > 0 else { return }
    setup.rest()
    if idle.count >= Self.mostKept { idle.removeFirst() }
    idle.append(setup)
  }
}

/// What some requests have in common: all but their URL.
final class RequestShape {
  fileprivate let common: HTTPCheck
  /// Targets that ask so.
  fileprivate var users = 0

  fileprivate init(_ common: HTTPCheck) {
    self.common = common
  }
}

/// What one target asks for with handles of the pool, and what is found out about its URL but once.
final class PooledRequest {
  let shape: RequestShape
  let url: CurlURL
  /// What the URL's host is, where that is written as an address.
  let address: IPAddress?
  /// For how long libcurl may keep where the host is.
  let cacheSeconds: Int
  private let pool: HandlePool

  fileprivate init(_ url: CurlURL, _ shape: RequestShape, in pool: HandlePool) {
    self.shape = shape
    self.url = url
    self.pool = pool
    address = IPAddress(text: url.host)
    cacheSeconds = ProbeSetup.cacheSeconds(for: url)
    shape.users += 1
  }

  deinit {
    pool.leave(shape)
  }
}
