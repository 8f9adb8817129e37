/// What one policy achieved: counts and times that add up over targets, worlds and seeds.
public struct Score: Sendable, Equatable {
  /// ms of target time.
  var targetMs: Int64 = 0

  var falseDown = 0
  /// False pages while an agent, a provider or the collector's link was at fault.
  var falseDownInFaults = 0
  var falseRegional = 0
  var falsePartial = 0
  var regionalNotices = 0

  /// True outages for everyone, brownouts and flaps apart, by length; and those never told.
  var outages60 = 0
  var missed60 = 0
  var outages30 = 0
  var missed30 = 0
  var brownouts = 0
  var missedBrownouts = 0
  var flaps = 0

  /// Pages that meet a true outage, and outages that were paged.
  var pages = 0
  var pagedOutages = 0
  var flapPages = 0

  /// ms from an outage's beginning to its page; and from its end to the notice.
  var detectAnswered: [Int32] = []
  var detectBlackHole: [Int32] = []
  var recover: [Int32] = []

  /// One region's faults of five minutes and more, those never told, and ms until the others were.
  var partials5m = 0
  var missedPartials5m = 0
  var detectPartial: [Int32] = []

  var scheduledProbes: Int64 = 0
  var askedProbes: Int64 = 0
  var steps: Int64 = 0
  var lateResults: Int64 = 0
  var unknownMs: Int64 = 0

  public static func == (left: Score, right: Score) -> Bool {
    left.figures == right.figures && left.detectAnswered == right.detectAnswered
      && left.detectBlackHole == right.detectBlackHole && left.recover == right.recover
      && left.detectPartial == right.detectPartial
  }

  /// All that is a count.
  private var figures: [Int64] {
    [
      targetMs, Int64(falseDown), Int64(falseDownInFaults), Int64(falseRegional),
      Int64(falsePartial), Int64(regionalNotices), Int64(outages60), Int64(missed60),
      Int64(outages30), Int64(missed30), Int64(brownouts), Int64(missedBrownouts), Int64(flaps),
      Int64(pages), Int64(pagedOutages), Int64(flapPages), Int64(partials5m),
      Int64(missedPartials5m), scheduledProbes, askedProbes, steps, lateResults, unknownMs,
    ]
  }

  mutating func add(_ other: Score) {
    targetMs += other.targetMs
    falseDown += other.falseDown
    falseDownInFaults += other.falseDownInFaults
    falseRegional += other.falseRegional
    falsePartial += other.falsePartial
    regionalNotices += other.regionalNotices
    outages60 += other.outages60
    missed60 += other.missed60
    outages30 += other.outages30
    missed30 += other.missed30
    brownouts += other.brownouts
    missedBrownouts += other.missedBrownouts
    flaps += other.flaps
    pages += other.pages
    pagedOutages += other.pagedOutages
    flapPages += other.flapPages
    detectAnswered += other.detectAnswered
    detectBlackHole += other.detectBlackHole
    recover += other.recover
    partials5m += other.partials5m
    missedPartials5m += other.missedPartials5m
    detectPartial += other.detectPartial
    scheduledProbes += other.scheduledProbes
    askedProbes += other.askedProbes
    steps += other.steps
    lateResults += other.lateResults
    unknownMs += other.unknownMs
  }
}

/// A moment worth looking at: a false page or a missed outage.
struct Finder: Sendable {
  var span: Span
  var what: String
}
