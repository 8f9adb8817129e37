import Pages

/// How the API's words for states are shown: an icon, a colour and a word each.
enum StateWords {
  struct Shown: Sendable {
    var state: ComponentState
    var words: String
  }

  /// A monitor's state, a verdict, or an incident's severity.
  static func monitor(_ word: String) -> Shown {
    switch word {
    case "down": Shown(state: .down, words: "Down")
    case "partial": Shown(state: .degraded, words: "Partly down")
    case "regional": Shown(state: .degraded, words: "Down in a region")
    case "degraded": Shown(state: .degraded, words: "Degraded")
    case "up": Shown(state: .up, words: "Up")
    case "pending": Shown(state: .noData, words: "Pending")
    case "paused": Shown(state: .noData, words: "Paused")
    case "unknown": Shown(state: .noData, words: "Unknown")
    default: Shown(state: .noData, words: word)
    }
  }

  /// What a probe found, or a region's vote says.
  static func vote(_ word: String) -> Shown {
    switch word {
    case "up": Shown(state: .up, words: "Up")
    case "degraded": Shown(state: .degraded, words: "Degraded")
    case "down", "attributable", "ambiguous": Shown(state: .down, words: "Down")
    case "unknown": Shown(state: .noData, words: "Unknown")
    default: Shown(state: .noData, words: word)
    }
  }

  static func agent(_ word: String) -> Shown {
    switch word {
    case "live": Shown(state: .up, words: "Live")
    case "silent": Shown(state: .down, words: "Not heard")
    case "new": Shown(state: .noData, words: "New")
    case "revoked": Shown(state: .noData, words: "Revoked")
    default: Shown(state: .noData, words: word)
    }
  }

  /// What became of something that was to be told.
  static func delivery(_ word: String) -> Shown {
    switch word {
    case "delivered": Shown(state: .up, words: "Delivered")
    case "pending": Shown(state: .maintenance, words: "Waiting")
    case "sending": Shown(state: .maintenance, words: "Being sent")
    case "superseded": Shown(state: .noData, words: "Not needed")
    case "failed": Shown(state: .down, words: "Failed")
    default: Shown(state: .noData, words: word)
    }
  }

  /// The states of monitors, worst first, as the API counts them.
  static let all = [
    "down", "partial", "regional", "unknown", "degraded", "pending", "up", "paused",
  ]
}

extension MarkupWriter {
  mutating func shown(_ shown: StateWords.Shown) { state(shown.state, shown.words) }
}
