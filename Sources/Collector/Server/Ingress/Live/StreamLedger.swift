import Model

/// Where one stream of a session stands.
struct StreamLedger: Hashable, Sendable {
  /// Its row in the store.
  let key: Int64
  /// Every batch up to this is stored or skipped.
  private(set) var committed: UInt64
  /// The highest sequence that was refused and has to come again, or be skipped.
  private(set) var owed: UInt64 = 0
  /// Records that were not acceptable by themselves, since the last ACK.
  private(set) var rejected: UInt64 = 0

  init(key: Int64, committed: UInt64) {
    self.key = key
    self.committed = committed
  }

  /// Whether something that the agent had sent is still missing.
  var isBehind: Bool { owed > committed }

  /// Notes what is stored now.
  mutating func commit(upTo sequence: UInt64, rejected count: Int) {
    committed = max(committed, sequence)
    rejected &+= UInt64(count)
  }

  /// Notes that a batch was not stored.
  mutating func refuse(_ sequence: UInt64) { owed = max(owed, sequence) }

  /// The count for an ACK, which begins anew with it.
  mutating func takeRejected() -> UInt64 {
    defer { rejected = 0 }
    return rejected
  }
}
