import AgentCore
import Curl
import DNS
import Linux
import Model
import Resolving

/// Where a probe finds its target: the names that it resolves before it connects.
extension ProbeTransfer {
  /// What the present request begins with: a lookup, where libcurl is to connect to a name.
  var requestStep: Step {
    // Most probes of addresses end here; nothing is copied for them.
    if whole == nil, fetch == nil, redirectedTo == nil, setup?.directAddress != nil {
      return .transfer
    }
    guard let host = conversation?.host ?? connectedURL?.host else { return .transfer }
    // What is written as an address leaves nothing to choose from; but a half is about its family alone.
    if let address = IPAddress(text: host), whole == nil || wantedFamily.contains(address) {
      addresses = [address]
      return .transfer
    }
    return .resolve(host, wantedFamily)
  }

  /// Takes the addresses of the name that the next request goes to.
  ///
  /// - Parameter forgetting: entries of libcurl's that are needed no more.
  /// - Returns: the record, where the probe ends here.
  func resolved(
    _ resolution: Resolution, forgetting old: [String], nowUs: Int64
  ) -> ProbeRecord? {
    let elapsedUs = nowUs - startedUs
    lookupUs = elapsedUs - hopOffsetUs
    hopOffsetUs = elapsedUs
    if lookups.count < Self.mostLookups { lookups.append(resolution) }
    if let failure = resolution.failure { return unresolved(failure, nowUs: nowUs) }
    addresses = resolution.addresses
    guard conversation == nil else {
      return hasTimeLeft(nowUs: nowUs) ? nil : unresolved(.timeout, nowUs: nowUs)
    }
    guard let setup else { return unasked("the probe was not set up", nowUs: nowUs) }
    guard let url = connectedURL else { return unasked("the URL can't be read", nowUs: nowUs) }
    let limitUs = Int64(effectiveLimitMs) * 1_000
    guard elapsedUs < limitUs else { return unresolved(.timeout, nowUs: nowUs) }
    do {
      let name = "\(url.host):\(url.port ?? 80)"
      let lines = HeaderList()
      for name in old { try lines.append("-" + name) }
      let addresses = resolution.addresses.map { $0.isIPv6 ? "[\($0)]" : "\($0)" }
      try lines.append("\(name):" + addresses.joined(separator: ","))
      resolvedName = name
      try setup.resolve(by: lines)
      try setup.handle.set(.timeoutMs, Int(max(1, (limitUs - elapsedUs) / 1_000)))
    } catch {
      return unasked("the probe can't be set up: \(error)", nowUs: nowUs)
    }
    return nil
  }

  /// The record of a probe whose name was not resolved.
  private func unresolved(_ failure: LookupFailure, nowUs: Int64) -> ProbeRecord {
    var reason = failure.reason
    var words = "\(failure)"
    if setup?.plan?.check.proxy != nil, !failure.isOwn {
      reason = .proxyFailed
      words = "the proxy's name does not resolve: \(words)"
    } else if fetch != nil {
      words = "the token endpoint: \(words)"
    }
    var outcome = Outcome.failed(
      Failure(reason, detail: Judgement.excerpt(words, limit: 240)))
    if failure.reason == .dnsTimeout, isLimitedByDeadline {
      outcome = Judgement.couldNotAsk(
        "the request's deadline of \(effectiveLimitMs) ms passed before the name was resolved",
        .agentDeadline)
    }
    return ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(nowUs - startedUs),
      outcome: outcome, request: request?.id)
  }

  /// What was found out about names is not asked for any more.
  func forgetNames() {
    if !lookups.isEmpty { lookups = [] }
  }

  /// Gives the entry of libcurl's that is needed no more.
  func takeResolvedName() -> String? {
    defer { resolvedName = nil }
    return resolvedName
  }
}
