import Quorum

/// An agent without canaries failed ambiguously to reach what a trusted peer sees up.
struct Contradiction: Hashable {
  var agent: AgentKey
  var monitor: Int64

  /// For how long a peer's up contradicts, ms.
  private static let freshMs: Int64 = TrustLimits.contradictionMs

  /// What `findings` are contradicted by the votes of `state`, at most one an agent.
  static func find(
    _ findings: [Quorum.Observation], in state: MonitorState, _ input: DecisionInput
  ) -> [Contradiction] {
    var found: [Contradiction] = []
    for finding in findings where finding.kind == .ambiguous {
      guard let voter = input.panel[finding.region], voter.agent == finding.agent,
        voter.presence?.boot == finding.boot,
        input.known[finding.agent]?.hasCanaries == false,
        !found.contains(where: { $0.agent == finding.agent })
      else { continue }
      let isContradicted = state.votes.contains { vote in
        guard vote.observation.kind.isUp, vote.observation.region != finding.region,
          let peer = input.panel[vote.observation.region], peer.isLive, peer.trust == .trusted,
          let presence = peer.presence, presence.boot == vote.observation.boot
        else { return false }
        let age = Freshness.standingAgeMs(
          startedMs: vote.observation.startedMs, presence: presence)
        return age <= freshMs
      }
      if isContradicted {
        found.append(Contradiction(agent: finding.agent, monitor: input.claim.monitorKey))
      }
    }
    return found.sorted { $0.agent < $1.agent }
  }
}
