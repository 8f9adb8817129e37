import AgentCore
import Curl
import Model

/// A libcurl handle made ready for one target, to be used for probe after probe.
///
/// A reference: what is in it is much to copy, and one transfer has it at a time.
final class ProbeSetup {
  let handle: EasyHandle
  /// The target as libcurl reads it; a TCP target as an http URL.
  let url: CurlURL
  /// `nil` where the request at hand does not name its probe.
  var header: ProbeHeader?
  /// What an http check's requests are made from; `nil` for other kinds.
  var plan: HTTPPlan?
  /// When the probe began that the headers are for.
  var startedAtMs: Int64 = 0

  init(handle: EasyHandle, url: CurlURL) {
    self.handle = handle
    self.url = url
  }

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
    // A name is looked up at every probe; an address has nothing to look up.
    if !url.hostIsAddress { try handle.set(.dnsCacheSeconds, 0) }
    switch family {
    case .any, .both: break
    case .ipv4: try handle.set(.ipFamily, CurlNumber.ipv4Only)
    case .ipv6: try handle.set(.ipFamily, CurlNumber.ipv6Only)
    }
  }
}
