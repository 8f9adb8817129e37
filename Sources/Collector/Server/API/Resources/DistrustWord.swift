/// Why an agent is not trusted, in words.
enum DistrustWord {
  /// The reason itself where a newer collector stored it.
  static func text(_ reason: String) -> String {
    switch reason {
    case "canaries": "its canaries fail"
    case "canaries_awaited": "its canaries have not passed since"
    case "contradicted": "its peers contradict it"
    case "loop_lag": "its machine stalls"
    case "clock_step": "its clock was set"
    case "disconnects": "its session keeps breaking"
    case "restarted": "it has just started"
    default: reason
    }
  }
}
