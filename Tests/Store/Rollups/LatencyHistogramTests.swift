import Rollup
import Testing

@Suite struct LatencyHistogramTests {
  /// Numbers that are the same in every run (SplitMix64).
  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// A latency from 1 µs to above 24 h, each octave as likely as another.
  private func latency(_ random: inout Seeded) -> UInt64 {
    UInt64.random(in: 1...(1 << UInt64.random(in: 0...38, using: &random)), using: &random)
  }

  private func histogram(of latencies: [UInt64]) -> LatencyHistogram {
    var histogram = LatencyHistogram()
    for latency in latencies { histogram.add(microseconds: latency) }
    return histogram
  }

  @Test func `classes follow each other without a hole, and their middle is within 1.6 percent`() {
    var before: UInt64 = 0
    for number in 0...LatencyScale.last {
      let least = LatencyScale.least(of: number)
      #expect(LatencyScale.number(of: least) == number)
      if number > 0 {
        #expect(LatencyScale.number(of: least - 1) == number - 1)
        // The greatest of the class before is as near to its middle.
        let middle = LatencyScale.middle(of: number - 1)
        #expect(middle >= before && middle < least)
        #expect(Double(middle - before) <= Double(before) / 64)
        #expect(Double(least - 1 - middle) <= Double(least - 1) / 64)
      }
      before = least
    }
    #expect(LatencyScale.number(of: .max) == LatencyScale.last)
    #expect(LatencyScale.last < 1056)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `quantiles are within 1.6 percent of the exact ones`(seed: UInt64) {
    var random = Seeded(state: seed)
    let latencies = (0..<Int.random(in: 1...500, using: &random)).map { _ in latency(&random) }
    let histogram = histogram(of: latencies)
    let sorted = latencies.map { min($0, LatencyScale.greatestUs) }.sorted()
    #expect(histogram.count == UInt64(sorted.count))
    #expect(histogram.sumUs == sorted.reduce(0, +))
    for share in [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1] {
      let rank = max(1, Int((share * Double(sorted.count)).rounded(.up)))
      let exact = Double(sorted[rank - 1])
      let told = Double(histogram.quantile(share) ?? 0)
      #expect(abs(told - exact) <= exact / 64, "p\(share): \(told) for \(exact)")
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `merging is commutative and associative, and the same as adding one by one`(seed: UInt64) {
    var random = Seeded(state: seed)
    let parts = (0..<3).map { _ in
      (0..<Int.random(in: 0...60, using: &random)).map { _ in latency(&random) }
    }
    func merged(_ parts: LatencyHistogram...) -> LatencyHistogram {
      parts.dropFirst().reduce(into: parts[0]) { $0.merge($1) }
    }
    let (a, b, c) = (histogram(of: parts[0]), histogram(of: parts[1]), histogram(of: parts[2]))
    #expect(merged(a, b) == merged(b, a))
    #expect(merged(merged(a, b), c) == merged(a, merged(b, c)))
    #expect(merged(a, b, c) == histogram(of: parts.flatMap { $0 }))
    #expect(merged(a, LatencyHistogram()) == a)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `its bytes say all of it`(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let histogram = histogram(of: (0..<Int(seed * 7)).map { _ in latency(&random) })
    #expect(try LatencyHistogram(bytes: histogram.bytes) == histogram)
    let single = self.histogram(of: [latency(&random)])
    #expect(single.bytes.count <= 11)
  }

  @Test func `counts and sums end at their greatest instead of overflowing`() throws {
    // Version 1, the greatest sum, class 40 with the greatest count.
    let most: [UInt8] = .init(repeating: 0xFF, count: 9) + [1]
    let full = try LatencyHistogram(bytes: [1] + most + [1, 40] + most)
    var twice = full
    twice.merge(full)
    twice.add(microseconds: 40)
    #expect(twice.count == .max && twice.sumUs == .max)
    #expect(twice.quantile(0.5) == 40)
    #expect(try LatencyHistogram(bytes: twice.bytes) == twice)
  }

  @Test func `shares that are none are answered as the nearest`() {
    let histogram = histogram(of: [10, 20])
    #expect(histogram.quantile(-1) == 10 && histogram.quantile(.nan) == 10)
    #expect(histogram.quantile(7) == 20 && histogram.quantile(.infinity) == 20)
    #expect(LatencyHistogram().quantile(0.5) == nil)
  }

  @Test(
    arguments: [
      [], [2, 0, 0], [1], [1, 0], [1, 5, 0], [1, 5, 1, 5], [1, 5, 1, 5, 0], [1, 5, 1, 5, 1, 0],
      [1, 5, 2, 5, 1, 0, 1], [1, 5, 200, 5, 1], [1, 5, 1, 0x80, 0x00, 1], [1, 5, 1, 0xFF, 0x7F, 1],
      [1] + .init(repeating: 0xFF, count: 11),
    ] as [[UInt8]])
  func `what is no histogram is refused`(bytes: [UInt8]) {
    #expect(throws: LatencyHistogram.Unreadable.self) { try LatencyHistogram(bytes: bytes) }
  }

  @Test func `no bytes are taken for a histogram that has others`() {
    var random = Seeded(state: 4)
    for _ in 0..<20_000 {
      var bytes: [UInt8] = [1]
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        bytes.append(.random(in: 0...(Bool.random(using: &random) ? 3 : 255), using: &random))
      }
      guard let histogram = try? LatencyHistogram(bytes: bytes) else { continue }
      #expect(histogram.bytes == bytes)
    }
  }
}
