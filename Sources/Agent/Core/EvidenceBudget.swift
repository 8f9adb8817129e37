import Model

/// Decides which probes' evidence is kept: those by which a slot's outcome changed, within bounds.
///
/// Times are agent time, in milliseconds. A slot that was never heard of counts as up, so a slot
/// that stays up takes no memory.
public struct EvidenceBudget: Sendable {
  /// The most pieces of one slot within an hour.
  public static let piecesPerHour = 12
  /// What all slots together may use at once; it fills up again within an hour.
  public static let byteStore = 8 << 20
  /// More slots are not remembered; evidence of others is not kept.
  public static let slotLimit = 65_536

  static let hourMs: Int64 = 3_600_000

  /// A slot that is not up, or was not within the hour.
  private struct Slot {
    var outcome: UInt8
    /// When its pieces within the hour were kept, the oldest first.
    var keptMs: [Int64] = []
  }

  private var slots: [UInt64: Slot] = [:]
  private var bytesLeft = byteStore
  private var filledMs: Int64?

  public init() {}

  /// Slots that are remembered.
  var slotCount: Int { slots.count }

  /// Whether the evidence of a probe that has just ended is to be kept; if it is, call `kept`.
  ///
  /// The agent's own trouble says nothing about a target: it is no change, and nor is what follows
  /// it if that is as it was before.
  public mutating func wants(slot: UInt64, outcome: Outcome, nowMs: Int64) -> Bool {
    if case .failed(let failure) = outcome, failure.failureClass == .agent { return false }
    let number = outcome.number
    guard let index = slots.index(forKey: slot) else {
      guard number != Outcome.up.number, slots.count < Self.slotLimit else { return false }
      slots[slot] = Slot(outcome: number)
      return hasBytes(nowMs)
    }
    slots.values[index].keptMs.removeAll { nowMs &- $0 >= Self.hourMs }
    let isChange = slots.values[index].outcome != number
    slots.values[index].outcome = number
    let count = slots.values[index].keptMs.count
    // What is up and has not used its share is as a slot that was never heard of.
    if !isChange, count == 0, number == Outcome.up.number { slots.remove(at: index) }
    return isChange && count < Self.piecesPerHour && hasBytes(nowMs)
  }

  /// A piece of so many bytes is kept.
  public mutating func kept(bytes: Int, slot: UInt64, nowMs: Int64) {
    slots[slot]?.keptMs.append(nowMs)
    bytesLeft -= bytes
  }

  /// The slot is not assigned any more.
  public mutating func forget(slot: UInt64) {
    slots[slot] = nil
  }

  private mutating func hasBytes(_ nowMs: Int64) -> Bool {
    let passedMs = min(max(0, nowMs &- (filledMs ?? nowMs)), Self.hourMs)
    // Less than one byte's time waits for the next call.
    let bytes = Int(passedMs) * Self.byteStore / Int(Self.hourMs)
    if bytes > 0 || filledMs == nil { filledMs = nowMs }
    bytesLeft = min(Self.byteStore, bytesLeft + bytes)
    return bytesLeft > 0
  }
}

extension Outcome {
  /// A number that differs where the outcome or the class of its failure does.
  var number: UInt8 {
    switch self {
    case .up: 0
    case .degraded(let failure): 16 | (failure?.failureClass.rawValue ?? 0)
    case .failed(let failure): 32 | failure.failureClass.rawValue
    }
  }
}
