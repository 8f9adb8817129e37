/// What a panel was between two steps that are known.
///
/// An agent that both sides hear is taken to have been heard in between, its watermark going on with
/// its time; one that fell silent was heard until the ALIVE that the later side names.
struct PanelCourse {
  var before: Panel
  var beforeAt: Int64
  /// `nil` where nothing is known of later.
  var after: Panel?
  var afterAt: Int64 = 0

  /// The panel at a time between the two, collector time (ms).
  func panel(at: Int64) -> Panel {
    Panel(
      before.seats.map { seat in
        guard let voter = seat.voter, let presence = voter.presence else { return seat }
        var carried = voter
        carried.presence = self.presence(of: presence, voter.agent, seat.region, at: at)
        return Seat(region: seat.region, voter: carried)
      })
  }

  /// When an agent that is silent afterwards fell silent, if that was between `from` and `to`.
  func silences(from: Int64, to: Int64) -> [Int64] {
    guard let after else { return [] }
    return after.seats.compactMap { seat in
      guard let later = seat.voter?.presence, later.silent else { return nil }
      let edge = afterAt &- later.heardAgoMs &+ Tempo.standard.silenceMs &+ 1
      return edge > from && edge < to ? edge : nil
    }
  }

  private func presence(
    of known: Presence, _ agent: AgentKey, _ region: String, at: Int64
  ) -> Presence {
    var presence = known
    let past = max(0, at &- beforeAt)
    guard let voter = after?[region], voter.agent == agent, let later = voter.presence,
      later.boot == known.boot
    else {
      presence.agentNowMs = known.agentNowMs &+ past
      presence.watermarkMs = known.watermarkMs &+ past
      return presence
    }
    let heardAt = afterAt &- later.heardAgoMs
    if heardAt <= at {
      presence.heardAgoMs = at &- heardAt
      presence.agentNowMs = later.agentNowMs
      presence.watermarkMs = later.watermarkMs
      presence.silent = later.silent && presence.heardAgoMs > Tempo.standard.silenceMs
    } else {
      let ahead = heardAt &- at
      presence.heardAgoMs = min(known.heardAgoMs, 5_000)
      presence.agentNowMs = later.agentNowMs &- ahead &- presence.heardAgoMs
      presence.watermarkMs = max(known.watermarkMs, later.watermarkMs &- ahead)
    }
    return presence
  }
}
