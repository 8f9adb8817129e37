/// A set of Unicode scalars as sorted ranges that neither overlap nor touch.
///
/// Surrogates may lie within a range; no input holds them.
struct ScalarSet: Hashable, Sendable {
  static let last: UInt32 = 0x10ffff

  private(set) var ranges: [ClosedRange<UInt32>]

  init(_ ranges: [ClosedRange<UInt32>]) {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let end = merged.last?.upperBound, range.lowerBound <= end + 1 else {
        merged.append(range)
        continue
      }
      let start = merged[merged.count - 1].lowerBound
      merged[merged.count - 1] = start...max(end, range.upperBound)
    }
    self.ranges = merged
  }

  init(_ scalar: UInt32) { ranges = [scalar...scalar] }

  var inverted: ScalarSet {
    var others: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { others.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= Self.last { others.append(next...Self.last) }
    return ScalarSet(others)
  }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  func contains(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low &+ high) / 2
      if scalar > ranges[middle].upperBound { low = middle &+ 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= scalar
  }
}

extension ScalarSet {
  static let all = ScalarSet([0...last])
  static let allButNewline = ScalarSet(0x0a).inverted
  static let digits = ScalarSet([0x30...0x39])
  static let word = ScalarSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
  /// As RE2 has it: without the vertical tab.
  static let space = ScalarSet([0x09...0x0a, 0x0c...0x0d, 0x20...0x20])

  /// The set that a bracketed name such as `alpha` stands for, ASCII only.
  static func named(_ name: String) -> ScalarSet? {
    switch name {
    case "alnum": ScalarSet([0x30...0x39, 0x41...0x5a, 0x61...0x7a])
    case "alpha": ScalarSet([0x41...0x5a, 0x61...0x7a])
    case "ascii": ScalarSet([0...0x7f])
    case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarSet([0...0x1f, 0x7f...0x7f])
    case "digit": digits
    case "graph": ScalarSet([0x21...0x7e])
    case "lower": ScalarSet([0x61...0x7a])
    case "print": ScalarSet([0x20...0x7e])
    case "punct": ScalarSet([0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e])
    case "space": ScalarSet([0x09...0x0d, 0x20...0x20])
    case "upper": ScalarSet([0x41...0x5a])
    case "word": word
    case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}
