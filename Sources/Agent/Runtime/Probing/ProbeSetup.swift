import AgentCore
import Curl
import Model

/// A libcurl handle made ready for one target, to be used for probe after probe.
///
/// A reference: what is in it is much to copy, and one transfer has it at a time.
final class ProbeSetup {
  let handle: EasyHandle
  /// The target as libcurl reads it; a TCP target as an http URL.
  private(set) var url: CurlURL
  /// `nil` where the request at hand does not name its probe.
  var header: ProbeHeader?
  /// What an http check's requests are made from; `nil` for other kinds.
  var plan: HTTPPlan?
  /// What its URL's host is where that is written as an address and libcurl connects to it: to no
  /// proxy, and to no other address that the check names.
  private(set) lazy var directAddress = addressOfURL
  /// Whether it was told where names are.
  private var hasResolutions = false
  /// Whose requests it can make besides; `nil` where it is its target's alone.
  var shape: RequestShape?
  /// When the probe began that the headers are for.
  var startedAtMs: Int64 = 0

  init(handle: EasyHandle, url: CurlURL) {
    self.handle = handle
    self.url = url
  }

  private var addressOfURL: IPAddress? {
    plan?.check.proxy == nil && plan?.check.pinnedAddress == nil ? IPAddress(text: url.host) : nil
  }

  /// Leads a handle that a pool gave to another target of its shape.
  func serve(slot: UInt64, _ request: PooledRequest, timeoutMs: UInt32) throws(CurlError) {
    plan?.slot = slot
    try handle.set(.timeoutMs, Int(max(1, timeoutMs)))
    guard request.url.text != url.text else { return }
    url = request.url
    directAddress = request.address
    try handle.set(.url, url.text)
    try handle.set(.dnsCacheSeconds, request.cacheSeconds)
    if url.scheme == "https" {
      try handle.watchCertificate(address: request.cacheSeconds > 0 ? url.host : nil)
    }
  }

  /// Tells libcurl where names are, in its own lines.
  func resolve(by lines: HeaderList) throws(CurlError) {
    hasResolutions = true
    try handle.set(resolutions: lines)
  }

  /// Nobody uses it for now.
  func rest() {
    handle.listen(for: nil)
    guard hasResolutions else { return }
    hasResolutions = false
    // Those of a probe that ended before its request began would be laid down with the next one.
    try? handle.set(resolutions: nil)
  }

  /// For how long libcurl may keep where a URL's host is: a name is looked up at every probe; an address
  /// has nothing to look up.
  static func cacheSeconds(for url: CurlURL) -> Int { url.hostIsAddress ? 60 : 0 }

  /// Why a target can't be asked by this agent: a sentence for the probe's record.
  struct Unusable: Error {
    let reason: String
  }

  /// Makes a handle for a target.
  ///
  /// - Parameter keeper: keeps the target's connection, where the check wishes it.
  static func make(
    _ target: AssignedTarget, _ check: Check, agent: AgentID, configuration: ProberConfiguration,
    keeper: ConnectionKeeper? = nil
  ) throws(Unusable) -> ProbeSetup {
    do {
      switch check {
      case .http(let check):
        let handle = try EasyHandle()
        if let keeper { try handle.keepConnections(in: keeper) }
        return try http(
          target, check, agent: agent, configuration: configuration, handle: handle)
      case .grpc(let check):
        return try grpc(target, check, agent: agent, configuration: configuration)
      case .tcp, .udp, .icmp, .dns, .tls, .websocket:
        throw Unusable(reason: "checks of this kind are not made by libcurl")
      }
    } catch let error as Unusable {
      throw error
    } catch {
      throw Unusable(reason: "the probe can't be set up: \(error)")
    }
  }

  static func setCommon(
    _ handle: EasyHandle, timeoutMs: UInt32, url: CurlURL, family: AddressFamily
  ) throws(CurlError) {
    try handle.set(.protocols, "http,https")
    try handle.set(.url, url.text)
    try handle.set(.timeoutMs, Int(max(1, timeoutMs)))
    try handle.set(.noSignal, 1)
    try handle.set(.proxy, "")
    try handle.set(.freshConnection, 1)
    try handle.set(.forbidReuse, 1)
    try handle.set(.quickExit, 1)
    try handle.set(.dnsCacheSeconds, cacheSeconds(for: url))
    switch family {
    case .any, .both: break
    case .ipv4: try handle.set(.ipFamily, CurlNumber.ipv4Only)
    case .ipv6: try handle.set(.ipFamily, CurlNumber.ipv6Only)
    }
  }
}
