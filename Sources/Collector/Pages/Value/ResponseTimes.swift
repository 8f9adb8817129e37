/// Response times of a component by region, all on one even grid of moments.
public struct ResponseTimes: Hashable, Sendable, Codable {
  /// One region's line.
  public struct Series: Hashable, Sendable, Codable {
    public var region: String
    /// Milliseconds, one for each step; `nil` where nothing was measured.
    public var values: [Int32?]

    public init(region: String, values: [Int32?]) {
      self.region = region
      self.values = values
    }

    /// The middle of the values; `nil` of none.
    var median: Int32? {
      let sorted = values.compactMap { $0 }.sorted()
      return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }
  }

  /// The first step's moment, milliseconds since 1970.
  public var start: Int64
  /// Milliseconds from one step to the next; at least 1.
  public var step: Int64
  public var series: [Series]

  public init(start: Int64, step: Int64, series: [Series]) {
    self.start = start
    self.step = max(step, 1)
    self.series = series
  }

  /// Steps of the longest line.
  var steps: Int { series.map(\.values.count).max() ?? 0 }

  /// The middle over all regions' last values; `nil` where no region has one.
  var latest: Int32? {
    let last = series.compactMap { $0.values.last { $0 != nil } ?? nil }.sorted()
    return last.isEmpty ? nil : last[last.count / 2]
  }

  /// The moment of a step, milliseconds since 1970.
  func moment(_ step: Int) -> Int64 { start &+ self.step &* Int64(step) }
}
