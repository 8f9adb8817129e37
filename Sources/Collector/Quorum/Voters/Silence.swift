/// When an agent that is not heard loses its votes.
public enum Silence {
  /// Whether an agent is silent.
  ///
  /// - Parameters:
  ///   - heardAgoMs: milliseconds since its last ALIVE was stored; `nil` if there never was one.
  ///   - listeningForMs: for how long collectors have been able to hear and store at all. An agent
  ///     is not to blame for what nobody could hear.
  public static func isSilent(heardAgoMs: Int64?, listeningForMs: Int64) -> Bool {
    guard let heardAgoMs else { return true }
    return min(heardAgoMs, listeningForMs) > Tempo.standard.silenceMs
  }

  /// Whether an agent, though heard, no longer upholds its votes: its watermark stands still.
  public static func isBehind(
    agentNowMs: Int64, watermarkMs: Int64, longestTimeoutMs: Int64
  ) -> Bool {
    agentNowMs &- watermarkMs > longestTimeoutMs &+ 4 * Tempo.standard.silenceMs
  }
}
