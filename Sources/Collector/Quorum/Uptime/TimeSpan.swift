/// A time from one moment to another, which is not in it; collector time, ms.
public struct TimeSpan: Hashable, Sendable, Codable {
  public var from: Int64
  public var to: Int64

  public init(from: Int64, to: Int64) {
    self.from = from
    self.to = to
  }

  /// How long it is, ms; 0 where it ends before it begins.
  public var lengthMs: Int64 { max(0, to &- from) }

  /// The part of it within `other`.
  func cut(to other: TimeSpan) -> TimeSpan {
    TimeSpan(from: max(from, other.from), to: min(to, other.to))
  }

  /// The times that any of `spans` covers within `whole`, in order and apart from one another.
  static func union(_ spans: [TimeSpan], within whole: TimeSpan) -> [TimeSpan] {
    var united: [TimeSpan] = []
    let cut = spans.map { $0.cut(to: whole) }.filter { $0.lengthMs > 0 }
    for span in cut.sorted(by: { $0.from < $1.from }) {
      if let last = united.last, span.from <= last.to {
        united[united.count - 1].to = max(last.to, span.to)
      } else {
        united.append(span)
      }
    }
    return united
  }

  /// How much of it `spans` cover, ms; they are in order and apart from one another.
  func covered(by spans: [TimeSpan]) -> Int64 {
    // The first that ends after this begins, found by halving.
    var (low, high) = (0, spans.count)
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].to > from { high = middle } else { low = middle + 1 }
    }
    var covered: Int64 = 0
    for span in spans[low...] {
      guard span.from < to else { break }
      covered &+= span.cut(to: self).lengthMs
    }
    return covered
  }
}
