/// Holds an agent's watermark back until every batch that it sent before is stored.
///
/// A watermark says that everything due before it was sent. It must not overtake a failure that is
/// still on its way into the store, or that was refused and has to come again.
struct WatermarkGate: Hashable, Sendable {
  /// Numbers of batches that were taken and not answered yet, ascending.
  private var unsettled: [UInt64] = []
  private var lastNumber: UInt64 = 0
  /// Watermarks that wait for the batches up to a number, oldest first.
  private var waiting: [Waiting] = []
  /// What has taken effect.
  private(set) var effectiveMs: Int64
  /// More waiting watermarks than this are not kept; the newest replaces the last.
  private static let bound = 32

  private struct Waiting: Hashable, Sendable {
    var number: UInt64
    var watermarkMs: Int64
  }

  init(effectiveMs: Int64) { self.effectiveMs = effectiveMs }

  /// A batch was taken; gives the number by which it is settled.
  mutating func batchTaken() -> UInt64 {
    lastNumber &+= 1
    unsettled.append(lastNumber)
    return lastNumber
  }

  /// A batch was answered. `isHeld` tells that a stream still lacks what had been sent.
  mutating func batchSettled(_ number: UInt64, isHeld: Bool) {
    unsettled.removeAll { $0 == number }
    release(isHeld: isHeld)
  }

  /// The agent told a watermark.
  mutating func told(_ watermarkMs: Int64, isHeld: Bool) {
    if waiting.count >= Self.bound { waiting.removeLast() }
    waiting.append(Waiting(number: lastNumber, watermarkMs: watermarkMs))
    release(isHeld: isHeld)
  }

  private mutating func release(isHeld: Bool) {
    guard !isHeld else { return }
    let oldest = unsettled.first ?? .max
    while let first = waiting.first, first.number < oldest {
      effectiveMs = max(effectiveMs, first.watermarkMs)
      waiting.removeFirst()
    }
  }
}
