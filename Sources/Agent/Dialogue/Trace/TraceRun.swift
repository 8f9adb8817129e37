import Model

/// The tracing of a way, as a value: which hop is asked next, how long one is waited for, where the way
/// ends, and the table of it.
///
/// Hops are numbered from 1, by the time to live of their packet; each gets one. It begins with `begin`
/// and is over with the one `finish`, after which nothing changes it.
public struct TraceRun {
  /// What is to be done.
  public enum Step: Hashable, Sendable {
    /// Send this hop's packet.
    case send(hop: Int)
    /// Hear no more of this hop.
    case close(hop: Int)
    case finish
  }

  public static let mostHops = 30
  /// Packets that are out at once. A target that answers gets no more than so many.
  public static let mostOpen = 10
  /// How long a hop is waited for. Three times this is less than the whole limit, so that thirty silent
  /// hops are asked too; and a connection's first packet is not sent again within it.
  public static let patienceUs: Int64 = 900_000

  private enum Hop {
    /// Its packet is out since then; becomes `heard` or `silent`.
    case open(sinceUs: Int64)
    case heard(IPAddress, afterUs: Int64, TraceFinding)
    case silent
  }

  private let plan: TracePlan
  private let deadlineUs: Int64
  /// Those that were asked, from hop 1 on.
  private var hops: [Hop] = []
  /// No hop beyond this one is asked.
  private var last = mostHops
  /// Why the agent could not send.
  private var trouble: String?
  public private(set) var isOver = false

  public init(_ plan: TracePlan, deadlineUs: Int64) {
    self.plan = plan
    self.deadlineUs = deadlineUs
  }

  /// When `passed` wants to be called.
  public var wakeUs: Int64 {
    guard !isOver else { return .max }
    return hops.reduce(deadlineUs) { least, hop in
      guard case .open(let sinceUs) = hop else { return least }
      return min(least, sinceUs &+ Self.patienceUs)
    }
  }

  public mutating func begin(nowUs: Int64) -> [Step] {
    hops.isEmpty && !isOver ? goOn(nowUs) : []
  }

  /// Something was heard of a hop's packet. What comes of one that is not waited for is nothing.
  public mutating func heard(
    _ hop: Int, from address: IPAddress, _ finding: TraceFinding, nowUs: Int64
  ) -> [Step] {
    guard let sinceUs = opening(of: hop) else { return [] }
    hops[hop - 1] = .heard(address, afterUs: max(0, nowUs &- sinceUs), finding)
    var steps = [Step.close(hop: hop)]
    if finding.isEnd {
      // Later packets only tell again of the same end.
      last = hop
      for beyond in hop..<hops.count where opening(of: beyond + 1) != nil {
        steps.append(.close(hop: beyond + 1))
      }
      hops.removeSubrange(hop...)
    }
    return steps + goOn(nowUs)
  }

  /// Nothing will be heard of a hop's packet.
  public mutating func lost(_ hop: Int, nowUs: Int64) -> [Step] {
    guard opening(of: hop) != nil else { return [] }
    hops[hop - 1] = .silent
    return [.close(hop: hop)] + goOn(nowUs)
  }

  /// The agent's host could not send a hop's packet, and so none of those that would follow. What is
  /// out already is waited for.
  public mutating func unsent(_ hop: Int, _ words: String, nowUs: Int64) -> [Step] {
    guard opening(of: hop) != nil else { return [] }
    trouble = trouble ?? words
    last = min(last, hop - 1)
    var steps: [Step] = []
    for beyond in hop...hops.count where opening(of: beyond) != nil {
      steps.append(.close(hop: beyond))
    }
    hops.removeSubrange((hop - 1)...)
    return steps + goOn(nowUs)
  }

  /// Time has passed, `wakeUs` perhaps.
  public mutating func passed(nowUs: Int64) -> [Step] {
    guard !isOver else { return [] }
    var steps: [Step] = []
    for index in hops.indices {
      guard let sinceUs = opening(of: index + 1),
        nowUs >= min(deadlineUs, sinceUs &+ Self.patienceUs)
      else { continue }
      hops[index] = .silent
      steps.append(.close(hop: index + 1))
    }
    return steps + goOn(nowUs)
  }

  /// Whether something may still be heard of a hop; its packet need not be sent otherwise.
  public func awaits(_ hop: Int) -> Bool { opening(of: hop) != nil }

  private func opening(of hop: Int) -> Int64? {
    guard hops.indices.contains(hop - 1), case .open(let sinceUs) = hops[hop - 1] else {
      return nil
    }
    return sinceUs
  }

  private mutating func goOn(_ nowUs: Int64) -> [Step] {
    guard !isOver else { return [] }
    var steps: [Step] = []
    var open = (1...Self.mostHops).count { opening(of: $0) != nil }
    while nowUs < deadlineUs, hops.count < last, open < Self.mostOpen {
      hops.append(.open(sinceUs: nowUs))
      open += 1
      steps.append(.send(hop: hops.count))
    }
    if open == 0 {
      isOver = true
      steps.append(.finish)
    }
    return steps
  }
}

// MARK: The table

extension TraceRun {
  /// The most bytes of the table.
  public static let tableLimit = 2_048

  /// What was found, each line ended by LF: what was sent where to, then a line `hop  address  ms` for
  /// each hop, with words behind it where the way ends there, and `hop  *` for one that was silent. The
  /// silent ones at the end share a line, such as `7-30  *`.
  public var table: [UInt8] {
    var lines = [heading]
    var heard = hops.count
    while heard > 0, !isHeard(heard) { heard -= 1 }
    for hop in 1..<(heard + 1) { lines.append(line(hop)) }
    if heard + 1 == hops.count { lines.append("\(hops.count)  *") }
    if heard + 1 < hops.count { lines.append("\(heard + 1)-\(hops.count)  *") }
    if let trouble { lines.append("the agent could not send: \(trouble)") }
    var result: [UInt8] = []
    for line in lines where result.count + line.utf8.count < Self.tableLimit {
      result += Array(line.utf8) + [10]
    }
    return result
  }

  private var heading: String {
    switch plan.means {
    case .tcp(let port): "tcp \(plan.address) \(port)"
    case .udp: "udp \(plan.address)"
    }
  }

  private func isHeard(_ hop: Int) -> Bool {
    if case .heard = hops[hop - 1] { true } else { false }
  }

  private func line(_ hop: Int) -> String {
    guard case .heard(let address, let afterUs, let finding) = hops[hop - 1] else {
      return "\(hop)  *"
    }
    let line = "\(hop)  \(address)  \(afterUs / 1_000).\(afterUs / 100 % 10)"
    switch finding {
    case .passed: return line
    case .arrived(let words), .blocked(let words): return "\(line)  \(words)"
    }
  }
}
