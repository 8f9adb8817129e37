/// How many latencies fell into each class of ``LatencyScale``, how many there were and their sum.
///
/// Only classes that hold something take room. Counts and sum saturate.
public struct LatencyHistogram: Hashable, Sendable {
  /// A class that holds something.
  struct Filled: Hashable, Sendable {
    var number: UInt16
    /// Above 0.
    var count: UInt64
  }

  /// Ascending by number.
  var filled: [Filled] = []
  /// Of all latencies, microseconds.
  public internal(set) var sumUs: UInt64 = 0

  public init() {}

  /// How many latencies it holds.
  public var count: UInt64 { filled.reduce(0) { Self.sum($0, $1.count) } }
  public var isEmpty: Bool { filled.isEmpty }

  /// Adds one latency; those above 24 hours count as 24 hours.
  public mutating func add(microseconds: UInt64) {
    let microseconds = min(microseconds, LatencyScale.greatestUs)
    sumUs = Self.sum(sumUs, microseconds)
    let number = LatencyScale.number(of: microseconds)
    let place = place(of: number)
    if place < filled.count, filled[place].number == number {
      filled[place].count = Self.sum(filled[place].count, 1)
    } else {
      filled.insert(Filled(number: number, count: 1), at: place)
    }
  }

  /// Adds all that another holds.
  public mutating func merge(_ other: LatencyHistogram) {
    sumUs = Self.sum(sumUs, other.sumUs)
    if filled.isEmpty {
      filled = other.filled
      return
    }
    var merged: [Filled] = []
    merged.reserveCapacity(filled.count + other.filled.count)
    var mine = 0
    for theirs in other.filled {
      while mine < filled.count, filled[mine].number < theirs.number {
        merged.append(filled[mine])
        mine += 1
      }
      if mine < filled.count, filled[mine].number == theirs.number {
        merged.append(
          Filled(number: theirs.number, count: Self.sum(filled[mine].count, theirs.count)))
        mine += 1
      } else {
        merged.append(theirs)
      }
    }
    merged += filled[mine...]
    filled = merged
  }

  /// The least latency that at least `share` of all do not exceed, microseconds, within 1/64 of it;
  /// `nil` where there is none.
  ///
  /// - Parameter share: 0.95 for p95; below 0 and what is no number count as 0, above 1 as 1.
  public func quantile(_ share: Double) -> UInt64? {
    guard let last = filled.last else { return nil }
    let count = count
    let wanted = (share > 0 ? min(share, 1) : 0) * Double(count)
    let rank = UInt64(exactly: wanted.rounded(.up)) ?? count
    var seen: UInt64 = 0
    for entry in filled {
      seen = Self.sum(seen, entry.count)
      if seen >= max(1, rank) { return LatencyScale.middle(of: entry.number) }
    }
    return LatencyScale.middle(of: last.number)
  }

  /// The first place whose number is not below `number`.
  private func place(of number: UInt16) -> Int {
    var low = 0
    var high = filled.count
    while low < high {
      let middle = (low + high) / 2
      if filled[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}
