import Dialogue

/// Keeps the contexts that were used last, since reading a bundle of authorities is dear.
///
/// They are made anew after an hour, so that changed files are seen.
final class TLSContexts {
  private static let mostContexts = 16
  private static let mostStores = 8
  private static let lifeUs: Int64 = 3_600_000_000

  private struct Kept<Value> {
    let value: Value
    let madeUs: Int64
    var usedUs: Int64
  }

  private let agentFile: String?
  private var contexts: [TLSContext.Settings: Kept<TLSContext>] = [:]
  private var stores: [TLSPlan.Authorities: Kept<CertificateStore>] = [:]

  /// - Parameter agentFile: the agent's own authorities.
  init(agentFile: String?) {
    self.agentFile = agentFile
  }

  var count: Int { contexts.count }

  func context(for plan: TLSPlan, nowUs: Int64) throws(HandshakeTrouble) -> TLSContext {
    let settings = TLSContext.Settings(
      authorities: plan.authorities, minimum: plan.minimum, identity: plan.identity)
    if let kept = Self.find(settings, in: &contexts, nowUs) { return kept }
    let store: CertificateStore
    if let kept = Self.find(plan.authorities, in: &stores, nowUs) {
      store = kept
    } else {
      store = try CertificateStore(plan.authorities, agentFile: agentFile)
      Self.keep(store, plan.authorities, in: &stores, Self.mostStores, nowUs)
    }
    let context = try TLSContext(settings, trusting: store)
    Self.keep(context, settings, in: &contexts, Self.mostContexts, nowUs)
    return context
  }

  private static func find<Key: Hashable, Value>(
    _ key: Key, in kept: inout [Key: Kept<Value>], _ nowUs: Int64
  ) -> Value? {
    guard let found = kept[key], nowUs - found.madeUs < lifeUs else { return nil }
    kept[key]?.usedUs = nowUs
    return found.value
  }

  /// The one that was not used for longest makes room.
  private static func keep<Key: Hashable, Value>(
    _ value: Value, _ key: Key, in kept: inout [Key: Kept<Value>], _ most: Int, _ nowUs: Int64
  ) {
    if kept[key] == nil, kept.count >= most,
      let oldest = kept.min(by: { $0.value.usedUs < $1.value.usedUs })?.key
    {
      kept[oldest] = nil
    }
    kept[key] = Kept(value: value, madeUs: nowUs, usedUs: nowUs)
  }
}
