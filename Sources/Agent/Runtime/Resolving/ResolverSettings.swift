import DNS

/// What an operator, or a test, decides about resolving names.
public struct ResolverSettings: Hashable, Sendable {
  public var configurationPath = "/etc/resolv.conf"
  public var hostsPath = "/etc/hosts"
  /// Where the servers of resolv.conf listen, which the file can't say.
  public var port: UInt16 = ServerAddress.commonPort
  public var cache = AnswerCache.Bounds()
  /// Lookups that run at once; each holds up to three descriptors, nearly always one. At least 1.
  public var mostLookups = 1_024
  /// Lookups that wait for room; one more fails at once.
  public var mostWaiting = 16_384

  public init() {}
}

/// How a resolver is doing.
public struct ResolverStatistics: Hashable, Sendable {
  /// Lookups that run now.
  public var inFlight = 0
  /// Lookups that wait for room.
  public var waiting = 0
  /// Sockets that are open for them.
  public var sockets = 0
  /// Answers that are kept.
  public var kept = 0
  /// Lookups that were begun since the start; those that were shared or kept count once.
  public var begun: UInt64 = 0

  public init() {}
}
