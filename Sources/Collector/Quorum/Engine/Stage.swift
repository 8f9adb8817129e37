/// Where a monitor stands between certainty and doubt.
public enum Stage: Hashable, Sendable, Codable {
  /// No doubt: every fresh vote is up or its region is listed, or too little is known. Becomes
  /// `suspect` when a region that is not listed fails.
  case settled
  /// An episode: rounds are being asked. Becomes `down` when confirmed, else `settled`, with or
  /// without listed regions.
  case suspect(Episode)
  /// Confirmed down. Becomes `recovering` at the first up that is news.
  case down(Outage)
  /// Down as far as anyone was told, and asking whether it is over. Becomes `settled`, or `down`
  /// again.
  case recovering(Episode)
}

/// A series of rounds that settles a doubt.
public struct Episode: Hashable, Sendable, Codable {
  public var number: Int32
  /// Collector time, ms.
  public var openedAt: Int64
  /// All rounds so far, oldest first.
  public var rounds: [Round]
  /// In a recovery: the first success, collector time (ms).
  public var firstSuccess: Int64?
}

/// What stays known of a confirmed outage.
public struct Outage: Hashable, Sendable, Codable {
  /// The regions that were up when it was last confirmed; their being up is no news.
  public var upRegions: [String]
  /// No recovery is asked for before this collector time (ms): the last one just failed.
  public var pausedUntil: Int64?
}

/// A region that fails persistently while others do not.
public struct ListedRegion: Hashable, Sendable, Codable {
  public var region: String
  /// The first failure of its run, collector time (ms).
  public var since: Int64
  /// The first success since, collector time (ms).
  public var firstUp: Int64?
  /// When it is to be asked for its second success, collector time (ms).
  public var recheckAt: Int64?
  /// The question that was put for it.
  public var recheck: RoundID?
}
