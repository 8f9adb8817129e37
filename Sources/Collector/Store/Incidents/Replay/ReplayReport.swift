public import JSON
public import Postgres

/// What taking an incident's steps again found.
public struct ReplayReport: Hashable, Sendable {
  /// How many steps were taken again and gave what is stored.
  public var steps = 0
  /// How many verdicts were given again as they are stored, their digests in an unbroken chain.
  public var verdicts = 0
  /// The numbers of the steps that the incident refers to; `nil` where they were not logged.
  public var firstStep: Int64?
  public var lastStep: Int64?
  /// The rules that took the steps, and those that took them again.
  public var storedEngines: [Int32] = []
  public var engine: Int32
  /// The last step's digest, as it came out again, in hexadecimal.
  public var digest: String?
  /// The last verdict's digest, likewise.
  public var verdictDigest: String?
  /// Whether there were more steps than one replay takes.
  public var isCut = false
  /// What is otherwise than it is stored, in order; after the first step that differs no further
  /// step is taken.
  public var differences: [Difference] = []

  /// Whether everything came out as it is stored.
  public var isIdentical: Bool { differences.isEmpty && steps > 0 && !isCut }

  /// One thing that is stored otherwise than the engine gives it.
  public struct Difference: Hashable, Sendable {
    public var place: Place
    /// When the step was taken or the verdict reached.
    public var at: Timestamp?
    /// What differs, in a few words or as a JSON Pointer.
    public var what: String
    /// `nil` where nothing is stored, or given.
    public var stored: JSONValue?
    public var replayed: JSONValue?
  }

  /// Where a difference is.
  public enum Place: Hashable, Sendable {
    case step(Int64)
    case verdict(Int64)
    case incident
  }

  mutating func add(
    _ place: Place, at: Timestamp?, _ what: String, stored: JSONValue? = nil,
    replayed: JSONValue? = nil
  ) {
    differences.append(
      Difference(place: place, at: at, what: what, stored: stored, replayed: replayed))
  }

  /// Adds where two values differ, if they do; says whether they do.
  mutating func compare(
    _ place: Place, at: Timestamp?, _ name: String, stored: JSONValue, replayed: JSONValue
  ) -> Bool {
    guard let found = JSONDifference.first(stored, replayed) else { return false }
    add(place, at: at, name + found.pointer, stored: found.left, replayed: found.right)
    return true
  }
}
