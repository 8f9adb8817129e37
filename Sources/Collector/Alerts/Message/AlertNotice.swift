public import Model
public import Quorum

/// A stored notice with what else is known of its matter, as far as people are told of it.
///
/// Texts of others are cleaned when it is made (`SafeText`), so what is inside is one line each,
/// bounded, and nothing but characters. Times are collector time, milliseconds since 1970.
public struct AlertNotice: Hashable, Sendable {
  /// Counts up in the order in which a monitor's notices were decided.
  public var number: Int64
  public var kind: Notice.Kind
  public var urgency: Urgency
  /// What it is about; of a notice that something ended, what that was.
  public var verdict: Verdict
  /// The name of the matter.
  public var key: IncidentKey
  /// The incident as the API names it; `nil` where the matter is none.
  public var incidentID: String?
  public var monitor: MonitorID
  /// Since when what is said holds; of a notice that something ended, when it ended.
  public var at: Int64
  /// When it was decided.
  public var decidedAt: Int64
  /// When the matter began.
  public var since: Int64?
  /// How the matter ended.
  public var ending: CloseReason?
  /// Whether the matter ended by becoming an incident, of which another message tells.
  public var goesOn = false
  /// The regions that fail, and those that see nothing wrong; empty where they are not known.
  public private(set) var failing: [String]
  public private(set) var passing: [String]
  /// How many regions have a vote, and how many of them fail.
  public var voting: Int64?
  public var down: Int64?
  /// When it last was seen to work.
  public var lastGoodAt: Int64?
  /// Where more is to be read: an http or https address; anything else is dropped.
  public private(set) var link: String?
  public private(set) var monitorName: String
  public private(set) var target: String
  /// The one provider whose regions fail.
  public private(set) var domain: String?
  /// The failure's own words, of one region.
  public private(set) var cause: String?

  /// The longest that texts may be, in characters.
  static let longestName = 100
  static let longestTarget = 300
  static let longestCause = 500
  static let longestRegion = 40
  /// The most region names that are kept of each list.
  static let mostRegions = 32

  public init(
    number: Int64, kind: Notice.Kind, urgency: Urgency, verdict: Verdict, key: IncidentKey,
    incidentID: String? = nil, monitor: MonitorID, monitorName: String, target: String,
    domain: String? = nil, at: Int64, decidedAt: Int64, since: Int64? = nil,
    ending: CloseReason? = nil, failing: [String] = [], passing: [String] = [],
    voting: Int64? = nil, down: Int64? = nil, cause: String? = nil, lastGoodAt: Int64? = nil,
    link: String? = nil
  ) {
    self.number = number
    self.kind = kind
    self.urgency = urgency
    self.verdict = verdict
    self.key = key
    self.incidentID = incidentID
    self.monitor = monitor
    self.at = at
    self.decidedAt = decidedAt
    self.since = since
    self.ending = ending
    self.failing = Self.cleaned(failing)
    self.passing = Self.cleaned(passing)
    self.voting = voting
    self.down = down
    self.lastGoodAt = lastGoodAt
    let name = SafeText.line(monitorName, limit: Self.longestName)
    self.monitorName = name.isEmpty ? "?" : name
    self.target = SafeText.line(target, limit: Self.longestTarget)
    self.domain = domain.map { SafeText.line($0, limit: Self.longestName) }
    self.cause = cause.map { SafeText.line($0, limit: Self.longestCause) }
    if let link, URLRule.problem(link, schemes: ["https", "http"]) == nil { self.link = link }
  }

  private static func cleaned(_ regions: [String]) -> [String] {
    regions.prefix(mostRegions).map { SafeText.line($0, limit: longestRegion) }
  }

  /// How long the matter has lasted at `moment`, or lasted in all if it is over.
  func lastedMs(at moment: Int64) -> Int64? {
    guard let since else { return nil }
    let (lasted, overflow) = moment.subtractingReportingOverflow(since)
    return overflow ? nil : max(0, lasted)
  }
}
