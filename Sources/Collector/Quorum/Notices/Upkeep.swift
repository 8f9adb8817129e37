/// A planned maintenance of the target: the engine goes on deciding, nobody is told, and at the end
/// everybody is asked afresh before anything is said.
public struct Upkeep: Hashable, Sendable, Codable {
  /// When it began, collector time (ms).
  public var since: Int64
  /// Whether it is over and only the fresh round is awaited.
  public var isEnding: Bool
  /// The episode that asks it.
  public var episode: Int32?

  /// A boundary of a maintenance.
  public enum Edge: String, Hashable, Sendable, Codable {
    case began
    case ended
  }
}

extension Stepper {
  mutating func take(_ edge: Upkeep.Edge) {
    switch edge {
    case .began:
      state.maintenance = Upkeep(
        since: state.maintenance?.since ?? at, isEnding: false, episode: nil)
      if state.incident != nil { directives.append(.markIncident(.maintenance)) }
    case .ended: state.maintenance?.isEnding = true
    }
  }

  /// Asks everybody afresh when a maintenance has ended, whatever was being asked.
  mutating func askAfterMaintenance(_ settings: Settings) {
    guard let maintenance = state.maintenance, maintenance.isEnding, maintenance.episode == nil
    else { return }
    guard canDecide(settings) else {
      state.maintenance = nil
      return
    }
    var episode = newEpisode()
    state.maintenance?.episode = episode.number
    switch state.stage {
    case .settled, .suspect: state.stage = .suspect(episode)
    case .down, .recovering:
      askRound(.recovery, in: &episode, settings)
      state.stage = .recovering(episode)
    }
  }

  /// Lets a maintenance go whose fresh round has been judged.
  mutating func endMaintenance() {
    guard let asked = state.maintenance?.episode, state.maintenance?.isEnding == true else {
      return
    }
    switch state.stage {
    case .suspect(let episode), .recovering(let episode):
      if episode.number == asked { return }
    case .settled, .down: break
    }
    state.maintenance = nil
  }
}
