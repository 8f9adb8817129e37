import Model

/// A datagram that was sent, and what comes back.
public struct DatagramRun {
  /// Datagrams that are looked at.
  public static let mostDatagrams = 64

  public enum Step: Hashable, Sendable {
    /// Sends the payload once more.
    case resend
    case end(Failure?)
  }

  private let plan: DatagramPlan
  private let limitUs: Int64
  private let deadlineUs: Int64
  private let resendEveryUs: Int64
  private var resendsLeft: Int
  private var resendAtUs: Int64
  private var search: Search?
  private var count = 0
  private var isOver = false

  /// - Parameter nowUs: when the payload is sent.
  public init(_ plan: DatagramPlan, nowUs: Int64, deadlineUs: Int64) {
    self.plan = plan
    limitUs = max(0, deadlineUs - nowUs)
    let waitUs =
      plan.expectation == nil ? min(limitUs, DatagramPlan.longestSilenceUs) : limitUs
    self.deadlineUs = nowUs + waitUs
    resendsLeft = min(max(0, plan.resends), DatagramPlan.mostResends)
    resendEveryUs = max(1, waitUs / Int64(resendsLeft + 1))
    resendAtUs = nowUs + resendEveryUs
    search = plan.expectation.map { Search($0) }
  }

  /// When `passed` wants to be called.
  public var wakeUs: Int64 {
    resendsLeft > 0 && count == 0 ? min(resendAtUs, deadlineUs) : deadlineUs
  }

  /// A datagram came from the peer.
  public mutating func received(_ bytes: [UInt8]) -> [Step] {
    guard !isOver else { return [] }
    count += 1
    guard var search else { return end(nil) }
    if count > 1 { search.nextMessage() }
    var answer = search.take(bytes[...])
    if answer == .notYet { answer = search.finish() }
    self.search = search
    switch answer {
    case .met: return end(nil)
    case .tooCostly: return end(search.costFailure)
    case .tooMuch: return end(search.failure("\(Search.mostBytes) bytes came"))
    case .notYet:
      return count < Self.mostDatagrams ? [] : end(search.failure("\(count) datagrams came"))
    }
  }

  /// The peer's host says that nothing listens there.
  public mutating func refused() -> [Step] {
    isOver ? [] : end(Failure(.udpRefused, detail: "the datagram was refused"))
  }

  /// Time has passed.
  public mutating func passed(nowUs: Int64) -> [Step] {
    guard !isOver else { return [] }
    if nowUs >= deadlineUs {
      guard let search else { return end(nil) }
      let limit = "within \(limitUs / 1_000) ms"
      return count == 0
        ? end(Failure(.timeoutAnswer, detail: "no answer \(limit): nothing came"))
        : end(search.failure("\(count) datagrams came \(limit)"))
    }
    guard resendsLeft > 0, count == 0, nowUs >= resendAtUs else { return [] }
    resendsLeft -= 1
    resendAtUs = nowUs + resendEveryUs
    return [.resend]
  }

  private mutating func end(_ failure: Failure?) -> [Step] {
    isOver = true
    return [.end(failure)]
  }
}
