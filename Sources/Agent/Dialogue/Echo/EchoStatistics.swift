/// What came of echo requests. Times are in microseconds.
public struct EchoStatistics: Hashable, Sendable {
  public var sent = 0
  /// Requests that were answered, each counted once.
  public var received = 0
  public var duplicates = 0
  public var leastUs: Int64?
  public var averageUs: Int64?
  public var mostUs: Int64?
  /// The mean difference between the round trips of requests that follow each other and were both
  /// answered (RFC 3550's D, without its smoothing); `nil` without two such.
  public var jitterUs: Int64?

  public init() {}

  /// - Parameter roundTrips: of each request in order; `nil` where it was not answered.
  public init(roundTrips: [Int64?], duplicates: Int) {
    sent = roundTrips.count
    self.duplicates = duplicates
    let times = roundTrips.compactMap(\.self)
    received = times.count
    leastUs = times.min()
    mostUs = times.max()
    if !times.isEmpty { averageUs = times.reduce(0, &+) / Int64(times.count) }
    let differences = zip(roundTrips, roundTrips.dropFirst()).compactMap { first, second in
      first.flatMap { first in second.map { abs($0 - first) } }
    }
    if !differences.isEmpty { jitterUs = differences.reduce(0, &+) / Int64(differences.count) }
  }

  /// Of a thousand requests, how many were not answered.
  public var lossPermille: Int { sent == 0 ? 0 : (sent - received) * 1_000 / sent }
}
