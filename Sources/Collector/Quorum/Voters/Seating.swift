/// Who takes a region's seat: one agent, however many stand there.
public enum Seating {
  /// An agent that may vote for a region.
  public struct Candidate: Hashable, Sendable {
    public var agent: AgentKey
    public var live: Bool
    /// Live for long enough to be given seats that others hold.
    public var stable: Bool

    public init(agent: AgentKey, live: Bool, stable: Bool) {
      self.agent = agent
      self.live = live
      self.stable = stable
    }
  }

  /// The agent that should hold the seat.
  ///
  /// The holder keeps it while it is live, unless a stable agent ranks before it. When the holder is
  /// silent the best live agent stands in; when none is live the holder keeps it, so that its return
  /// needs no change.
  ///
  /// - Parameters:
  ///   - holder: who holds the seat now; `nil` where nobody does.
  ///   - candidates: the region's agents that are not revoked.
  /// - Returns: `nil` where there is no candidate.
  public static func choose(
    monitor: Int64, holder: AgentKey?, among candidates: [Candidate]
  ) -> AgentKey? {
    func best(where allowed: (Candidate) -> Bool) -> AgentKey? {
      candidates.lazy.filter(allowed).map(\.agent).max {
        Rendezvous.ranks($1, before: $0, monitor: monitor)
      }
    }
    let current = candidates.first { $0.agent == holder }
    guard let current else { return best { $0.live } ?? best { _ in true } }
    guard current.live else { return best { $0.live } ?? current.agent }
    guard let favourite = best(where: { $0.live && $0.stable }),
      Rendezvous.ranks(favourite, before: current.agent, monitor: monitor)
    else { return current.agent }
    return favourite
  }
}
