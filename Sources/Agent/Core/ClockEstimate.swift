import Wire

/// What the agent knows of the collector's clock: collector time = agent time + offset.
///
/// Of the last eight measures the one with the shortest round trip counts.
public struct ClockEstimate: Equatable, Sendable {
  /// How many measures are kept.
  public static let sampleLimit = 8
  /// How long after a measure the next is due: soon until there are enough, then seldom.
  public static func intervalMs(samples: Int) -> Int64 { samples < 4 ? 2_000 : 300_000 }

  /// One measure.
  private struct Sample: Equatable {
    var offsetMs: Int64
    var roundTripMs: Int64
  }

  private var samples: [Sample] = []

  public init() {}

  /// How many measures there are.
  public var sampleCount: Int { samples.count }

  /// Takes one measure, all in milliseconds: `t1` and `t4` are agent time at sending and receiving,
  /// `t2` and `t3` collector time at receiving and answering. One that can't be true is left out.
  public mutating func add(t1: Int64, t2: Int64, t3: Int64, t4: Int64) {
    let limit: Int64 = 1 << 52
    guard [t1, t2, t3, t4].allSatisfy({ (0...limit).contains($0) }), t4 >= t1, t3 >= t2 else {
      return
    }
    let sample = Sample(
      offsetMs: ((t2 - t1) + (t3 - t4)) / 2, roundTripMs: max(0, (t4 - t1) - (t3 - t2)))
    samples.append(sample)
    if samples.count > Self.sampleLimit { samples.removeFirst() }
  }

  /// Forgets all measures: another collector's clock is another clock.
  public mutating func forget() { samples = [] }

  /// Collector time less agent time, in milliseconds; 0 before the first measure.
  public var offsetMs: Int64 { best?.offsetMs ?? 0 }

  /// How far the offset may be off, in milliseconds.
  public var errorMs: UInt64 {
    best.map { UInt64(($0.roundTripMs + 1) / 2) } ?? ResultsHeader.unknownClockError
  }

  private var best: Sample? {
    samples.reversed().min { $0.roundTripMs < $1.roundTripMs }
  }
}
