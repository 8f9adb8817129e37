import JSON

/// The JSON form of a range of HTTP statuses: `"200-399"`, `"204"` or `204`.
enum StatusRange {
  static func text(_ range: ClosedRange<UInt16>) -> String {
    range.count == 1
      ? String(range.lowerBound) : "\(range.lowerBound)-\(range.upperBound)"
  }

  /// `nil` for what is not a range within 100 to 599.
  static func read(_ value: JSONValue) -> ClosedRange<UInt16>? {
    switch value {
    case .integer(let status): return range(from: status, to: status)
    case .string(let text):
      let bounds = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        .map { digits in digits.count == 3 ? Int64(String(decoding: digits, as: UTF8.self)) : nil }
      guard let first = bounds.first, let lower = first, bounds.count <= 2,
        let last = bounds.last, let upper = last
      else { return nil }
      return range(from: lower, to: upper)
    default: return nil
    }
  }

  private static func range(from lower: Int64, to upper: Int64) -> ClosedRange<UInt16>? {
    guard 100...599 ~= lower, 100...599 ~= upper, lower <= upper else { return nil }
    return UInt16(lower)...UInt16(upper)
  }
}
