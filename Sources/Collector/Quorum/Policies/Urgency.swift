/// Whom a matter reaches, least first.
public enum Urgency: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
  /// Nobody is told; it is on record.
  case none
  /// Those who run the monitoring, for they alone can mend it. No policy chooses this.
  case admins
  /// The team hears of it in its own time.
  case notify
  /// Somebody is woken.
  case page

  public static func < (left: Urgency, right: Urgency) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .none: 0
    case .admins: 1
    case .notify: 2
    case .page: 3
    }
  }
}

/// How urgent each verdict is that a policy may say: its JSON key is `severity`.
public struct Urgencies: Hashable, Sendable {
  public var down = Urgency.page
  public var partial = Urgency.page
  public var regional = Urgency.notify
  public var degraded = Urgency.none

  /// DOWN and PARTIAL page, REGIONAL notifies, DEGRADED is only on record.
  public static let standard = Urgencies()

  /// The keys of the JSON form.
  public static let keys = ["degraded", "down", "partial", "regional"]
  /// The words that a policy may choose.
  public static let words: [Urgency] = [.page, .notify, .none]

  public init() {}

  /// The urgency of `verdict`. UP has none, and UNKNOWN concerns the admins, whatever a policy says.
  public subscript(verdict: Verdict) -> Urgency {
    switch verdict {
    case .up: .none
    case .degraded: degraded
    case .partial: partial
    case .regional: regional
    case .down: down
    case .unknown: .admins
    }
  }

  /// The choice behind a key of the JSON form; `nil` for a key that is none.
  public subscript(key: String) -> Urgency? {
    get {
      switch key {
      case "down": down
      case "partial": partial
      case "regional": regional
      case "degraded": degraded
      default: nil
      }
    }
    set {
      guard let newValue else { return }
      switch key {
      case "down": down = newValue
      case "partial": partial = newValue
      case "regional": regional = newValue
      case "degraded": degraded = newValue
      default: break
      }
    }
  }

  /// What differs from the standard, by key: all that the JSON form holds.
  public var choices: [(key: String, urgency: Urgency)] {
    Self.keys.compactMap { key in
      guard let own = self[key], own != Self.standard[key] else { return nil }
      return (key, own)
    }
  }
}
