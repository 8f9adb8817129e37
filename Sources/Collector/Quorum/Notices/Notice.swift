/// One word to people: what stands, whom it reaches, and why it is said.
///
/// Which channel carries it, and to whom, is not the engine's matter.
public struct Notice: Hashable, Sendable, Codable {
  public var kind: Kind
  public var urgency: Urgency
  /// What it is about.
  public var verdict: Verdict
  /// The one provider whose regions fail.
  public var domain: String?
  /// Since when that holds; of `ended`, when it ended. Collector time, ms.
  public var at: Int64

  /// What is said.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// Something is wrong.
    case began
    /// What was told before is more urgent now.
    case worsened
    /// What was told before is of another kind now, and no more urgent.
    case changed
    /// What was told before is over.
    case ended
    /// The monitor goes down again and again: until it is steady nothing more is said of it, unless it
    /// stays as it is.
    case flapping
    /// It flaps no more.
    case steady
  }
}

/// What people were told of the matter that stands.
public struct Attention: Hashable, Sendable, Codable {
  public var verdict: Verdict
  public var domain: String?
  /// Since when it has been this without a break, collector time (ms) of steps.
  public var since: Int64
  /// The most urgent word that was said of it.
  public var told: Urgency
}

/// A mark on an incident.
public enum IncidentMark: String, Hashable, Sendable, Codable {
  /// It stood within a maintenance.
  case maintenance
  /// Its monitor was flapping when it went down.
  case flapping
}
