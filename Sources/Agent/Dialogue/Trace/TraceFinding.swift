import Model

/// What was heard of one packet of a trace.
public enum TraceFinding: Hashable, Sendable {
  /// A host on the way could not pass it on, since its time to live was over.
  case passed
  /// It came to the target; what that, or who stands in its place, made of it.
  case arrived(String)
  /// Who says so knows no way on, or lets nothing through; in words.
  case blocked(String)

  /// Whether the way ends there.
  var isEnd: Bool {
    switch self {
    case .passed: false
    case .arrived, .blocked: true
    }
  }

  /// What an ICMP message about the packet says (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443); `nil`
  /// for one that says nothing of the way.
  ///
  /// - Parameter isFromTarget: whether the target's own address has sent it.
  public init?(isIPv6: Bool, type: UInt8, code: UInt8, isFromTarget: Bool) {
    let words: String
    switch (isIPv6, type, code) {
    case (false, 11, 0), (true, 3, 0):
      self = .passed
      return
    case (false, 3, 3), (true, 1, 4): words = "port unreachable"
    case (false, 3, 2): words = "protocol unreachable"
    case (false, 3, 0), (false, 3, 6), (true, 1, 0): words = "network unreachable"
    case (false, 3, 1), (false, 3, 7), (true, 1, 3): words = "host unreachable"
    case (false, 3, 9), (false, 3, 10), (false, 3, 13), (true, 1, 1), (true, 1, 5):
      words = "prohibited"
    case (false, 3, 4): return nil
    case (false, 3, _), (true, 1, _): words = "unreachable, code \(code)"
    default: return nil
    }
    self = isFromTarget ? .arrived(words) : .blocked(words)
  }
}
