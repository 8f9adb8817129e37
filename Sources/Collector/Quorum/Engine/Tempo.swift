/// The engine's times and counts, in one place.
public struct Tempo: Hashable, Sendable {
  /// An agent not heard for longer than this is silent: three ALIVEs missed.
  public var silenceMs: Int64 = 15_000
  /// Added to interval and timeout for a vote's freshness: one ALIVE.
  public var freshnessSlackMs: Int64 = 5_000
  /// From one round's asking to that of the round that confirms it.
  public var confirmAfterMs: Int64 = 2_000
  /// From one round's asking to that of the next while the answers disagree.
  public var roundSpacingMs: Int64 = 15_000
  /// After how many rounds without a confirmed outage an episode ends.
  public var roundLimit = 4
  /// In how many rounds a region must have failed to be listed, where another failed in
  /// `roundsToListOne`.
  public var roundsToList = 2
  public var roundsToListOne = 3
  /// A probe's deadline beyond its timeout, counted from its own start.
  public var deadlineSlackMs: Int64 = 2_000
  /// How long after its deadline a live voter's missing answer holds a round open. A lost question
  /// must not hold it for ever; a voter that waits for a free place has this long.
  public var patienceMs: Int64 = 15_000
  /// A question that waits for its turn holds its round open for so long at most.
  public var mostDelayMs: Int64 = 600_000
  /// Between the two rounds of a recovery, and between the two ups of a listed region.
  public var recoverySpacingMs: Int64 = 10_000
  /// How many rounds a recovery may take before the monitor counts as down as before.
  public var recoveryLimit = 5
  /// For how long after a question a scheduled probe's status 429 is the question's doing.
  public var refusedMs: Int64 = 60_000
  /// For how long a target that refused a question is not asked, while it is down or recovering.
  public var refusedPauseMs: Int64 = 30_000
  /// One assigned region: that many failures in a row ...
  public var soloFailures = 3
  /// ... that span at least this long.
  public var soloSpanMs: Int64 = 20_000
  /// Between the rounds of an episode of one assigned region.
  public var soloSpacingMs: Int64 = 10_000
  /// After how many rounds without an opinion an episode of one assigned region ends.
  public var soloLimit = 6
  /// A live voter without a vote is asked again after the interval, but not before this.
  public var introduceAgainMs: Int64 = 60_000
  /// Too few votes count as unknown after the timeout and this.
  public var blindSlackMs: Int64 = 5_000
  /// How often a monitor with too few votes is looked at again.
  public var blindPollMs: Int64 = 15_000
  /// PARTIAL needs at least this share of the votes failing, in per mille.
  public var partialShare = 300
  /// After how many cycles in a row most voters' being slow, or not, is said.
  public var slowCycles = 3
  /// How often one voter is asked during an outage: at first, and after `watchCalmsMs`.
  public var watchMs: Int64 = 5_000
  public var watchLaterMs: Int64 = 10_000
  public var watchCalmsMs: Int64 = 600_000
  /// A provider whose regions fail for so long is worth a page.
  public var providerPagesMs: Int64 = 300_000
  /// What lasts so long without a break is told though the monitor flaps.
  public var breakThroughMs: Int64 = 300_000

  public static let standard = Tempo()

  /// From one question to the next during an outage that was declared so long ago, ms.
  func watchPace(afterMs: Int64) -> Int64 { afterMs < watchCalmsMs ? watchMs : watchLaterMs }
}
