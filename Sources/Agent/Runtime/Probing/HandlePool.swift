import Curl
import Model

/// Handles at rest. Most http checks ask alike but for their URL; their probes use the same few handles
/// one after the other, since making one costs a fifth of a probe, and one kept for each target 8 MB a
/// thousand of them.
///
/// Belongs to the prober's thread.
final class HandlePool {
  /// Handles at rest; where more run at once, these are freed afterwards.
  private static let mostKept = 64
  /// Shapes that are told apart at once; targets of others make a handle for each probe.
  private static let mostShapes = 256

  /// The one that was used last stands last.
  private var idle: [ProbeSetup] = []
  private var shapes: [HTTPCheck: RequestShape] = [:]

  /// What a check's requests have in common with those of other checks.
  ///
  /// - Parameter url: the check's own.
  /// - Returns: `nil` where a request proves who asks, or a handle holds more than its request.
  func shape(of check: HTTPCheck, at url: CurlURL) -> RequestShape? {
    guard check.authentication == nil, check.proxy == nil, check.pinnedAddress == nil,
      !check.keepsCookies, !check.bustsCaches, !check.keepsConnection,
      check.tls.serverName == nil, check.tls.authorities == nil, check.tls.certificate == nil,
      check.tls.key == nil
    else { return nil }
    var common = check
    common.url = url.scheme
    if let shape = shapes[common] { return shape }
    if shapes.count >= Self.mostShapes {
      // Those of targets that are gone.
      for key in Array(shapes.keys) where isKnownUniquelyReferenced(&shapes[key]) {
        shapes[key] = nil
      }
      guard shapes.count < Self.mostShapes else { return nil }
    }
    let shape = RequestShape()
    shapes[common] = shape
    return shape
  }

  /// A handle for requests of a shape.
  func take(_ shape: RequestShape) -> ProbeSetup? {
    guard let index = idle.lastIndex(where: { $0.shape === shape }) else { return nil }
    return idle.remove(at: index)
  }

  /// Takes back a handle whose last request had the shape that it was made for.
  func give(_ setup: ProbeSetup) {
    setup.rest()
    if idle.count >= Self.mostKept { idle.removeFirst() }
    idle.append(setup)
  }
}

/// Names all that some requests have in common; no more than an identity.
final class RequestShape {}

/// What one target asks for with handles of the pool, and what is found out about its URL but once.
final class PooledRequest {
  let shape: RequestShape
  let url: CurlURL
  /// What the URL's host is, where that is written as an address.
  let address: IPAddress?
  /// For how long libcurl may keep where the host is.
  let cacheSeconds: Int

  init(_ url: CurlURL, _ shape: RequestShape) {
    self.shape = shape
    self.url = url
    address = IPAddress(text: url.host)
    cacheSeconds = ProbeSetup.cacheSeconds(for: url)
  }
}
