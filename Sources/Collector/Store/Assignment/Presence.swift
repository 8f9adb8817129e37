import Quorum

/// What becomes of an agent's presence.
enum AgentPresence: String, Hashable, Sendable {
  case live
  /// Heard, but its watermark stands still: it no longer upholds its votes.
  case behind
  case silent

  /// What a row of `agent_live` says.
  struct Sign: Hashable, Sendable {
    /// Milliseconds since the last ALIVE was stored.
    var heardAgoMs: Int64
    /// Agent time in it, and its watermark, ms.
    var agentNowMs: Int64
    var watermarkMs: Int64
    /// The longest timeout of what the agent is assigned, ms.
    var longestTimeoutMs: Int64
  }

  /// Judges an agent that was `before` and last gave `sign`.
  ///
  /// - Parameter listeningForMs: for how long collectors have been able to hear and store. Who was
  ///   silent before that is not thereby heard.
  static func judge(
    _ sign: Sign?, before: AgentPresence?, listeningForMs: Int64
  ) -> AgentPresence {
    let listening = before == .silent || before == nil ? Int64.max : listeningForMs
    guard let sign,
      !Silence.isSilent(heardAgoMs: sign.heardAgoMs, listeningForMs: listening)
    else { return .silent }
    let behind = Silence.isBehind(
      agentNowMs: sign.agentNowMs, watermarkMs: sign.watermarkMs,
      longestTimeoutMs: sign.longestTimeoutMs)
    return behind ? .behind : .live
  }
}
