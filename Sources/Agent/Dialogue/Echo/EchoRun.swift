import Model

/// Echo requests under way: when each is sent, what came of it, and what all of them mean.
public struct EchoRun: Sendable {
  private let plan: EchoPlan
  private let count: Int
  private let begunUs: Int64
  private let deadlineUs: Int64
  private var nextUs: Int64
  private var lastSentUs: Int64
  private var sentUs: [Int64] = []
  private var roundTrips: [Int64?] = []
  private var answered = 0
  private var lost: Set<Int> = []
  private var duplicates = 0
  private var complaint: String?

  public init(_ plan: EchoPlan, nowUs: Int64, deadlineUs: Int64) {
    self.plan = plan
    count = min(max(plan.count, EchoPlan.counts.lowerBound), EchoPlan.counts.upperBound)
    begunUs = nowUs
    self.deadlineUs = deadlineUs
    nextUs = nowUs
    lastSentUs = nowUs
  }

  /// The next request to be sent, if its time has come; it counts as sent now.
  public mutating func due(nowUs: Int64) -> Int? {
    guard roundTrips.count < count, nowUs >= nextUs, nowUs < deadlineUs else { return nil }
    sentUs.append(nowUs)
    roundTrips.append(nil)
    lastSentUs = nowUs
    // Late ones don't make the next ones early.
    nextUs = nowUs + max(1_000, min(plan.intervalUs, ConversationPlan.longestUs))
    return roundTrips.count - 1
  }

  public mutating func replied(_ index: Int, nowUs: Int64) {
    guard roundTrips.indices.contains(index) else { return }
    guard roundTrips[index] == nil else {
      duplicates += 1
      return
    }
    roundTrips[index] = max(0, nowUs - sentUs[index])
    lost.remove(index)
    answered += 1
  }

  /// Someone says that a request did not arrive.
  public mutating func failed(_ index: Int, _ why: String) {
    guard roundTrips.indices.contains(index), roundTrips[index] == nil else { return }
    lost.insert(index)
    complaint = why
  }

  /// Whether nothing more is waited for.
  public func isOver(nowUs: Int64) -> Bool {
    nowUs >= deadlineUs
      || roundTrips.count == count && (answered + lost.count == count || nowUs >= lastReplyUs)
  }

  /// When the next request is due, or waiting ends.
  public var wakeUs: Int64 {
    min(deadlineUs, roundTrips.count < count ? nextUs : lastReplyUs)
  }

  private var lastReplyUs: Int64 {
    lastSentUs + min(max(0, plan.timeoutUs), ConversationPlan.longestUs)
  }

  public var statistics: EchoStatistics {
    EchoStatistics(roundTrips: roundTrips, duplicates: duplicates)
  }

  /// What it means, once it is over; `nil` where not too many were lost.
  public var failure: Failure? {
    let statistics = statistics
    guard statistics.sent > 0 else {
      return Failure(.agentFailed, detail: "the agent sent no packet within the limit")
    }
    guard statistics.received > 0 else {
      if let complaint {
        return Failure(.netUnreachable, detail: "no way to the address: \(complaint)")
      }
      return Failure(
        .timeoutAnswer, detail: "no reply to any of \(statistics.sent) packets")
    }
    guard statistics.lossPermille > max(0, plan.lossLimitPermille) else { return nil }
    return Failure(
      .icmpLoss,
      detail: "\(statistics.sent - statistics.received) of \(statistics.sent) packets were lost")
  }
}
