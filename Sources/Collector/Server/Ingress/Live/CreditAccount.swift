import Wire

/// How much of the credit an agent has used: RESULTS that came and were not answered yet.
struct CreditAccount: Hashable, Sendable {
  let limit: Credit
  private(set) var unansweredBatches = 0
  private(set) var unansweredBytes = 0

  init(limit: Credit) { self.limit = limit }

  /// Counts a RESULTS frame of `bytes`; `false` where it is beyond the credit and must be refused.
  ///
  /// With none unanswered, one batch may exceed the bytes.
  mutating func take(_ bytes: Int) -> Bool {
    guard unansweredBatches < Int(limit.batches) else { return false }
    guard unansweredBatches == 0 || unansweredBytes + bytes <= Int(limit.bytes) else {
      return false
    }
    unansweredBatches += 1
    unansweredBytes += bytes
    return true
  }

  /// Counts the answer to a RESULTS frame that was taken.
  mutating func answered(_ bytes: Int) {
    unansweredBatches = max(0, unansweredBatches - 1)
    unansweredBytes = max(0, unansweredBytes - bytes)
  }
}
