/// Which regions vote where more could than may: as many providers as possible.
public enum RegionChoice {
  /// A region that could vote.
  public struct Candidate: Hashable, Sendable {
    public var region: String
    /// Whose network its voter stands in.
    public var provider: String
    /// Whether it votes at present.
    public var isHeld: Bool

    public init(region: String, provider: String, isHeld: Bool) {
      self.region = region
      self.provider = provider
      self.isHeld = isHeld
    }
  }

  /// The regions that vote, sorted by their bytes; all of them where they are no more than `limit`.
  ///
  /// One after the other is taken from the providers of which fewest were taken; of several the one
  /// that votes already, so that a region that comes moves others only where it is another
  /// provider's; of those the one that hashes highest with the monitor, so that different monitors
  /// use different regions.
  public static func choose(
    monitor: Int64, among candidates: [Candidate], atMost limit: Int = Policy.mostRegions
  ) -> [String] {
    guard candidates.count > limit else { return candidates.map(\.region).sorted(by: precedes) }
    var left = candidates.map { (candidate: $0, weight: weight(monitor, $0.region)) }
    left.sort {
      if $0.candidate.isHeld != $1.candidate.isHeld { return $0.candidate.isHeld }
      if $0.weight != $1.weight { return $0.weight > $1.weight }
      return precedes($0.candidate.region, $1.candidate.region)
    }
    var taken: [String] = []
    var counts: [String: Int] = [:]
    while taken.count < limit, !left.isEmpty {
      var best = 0
      for index in left.indices where count(left[index]) < count(left[best]) { best = index }
      let candidate = left.remove(at: best).candidate
      counts[candidate.provider, default: 0] += 1
      taken.append(candidate.region)
    }
    return taken.sorted(by: precedes)

    func count(_ one: (candidate: Candidate, weight: UInt64)) -> Int {
      counts[one.candidate.provider] ?? 0
    }
  }

  private static func weight(_ monitor: Int64, _ region: String) -> UInt64 {
    var hash = Rendezvous.mix(UInt64(bitPattern: monitor))
    for byte in region.utf8 { hash = Rendezvous.mix(hash ^ UInt64(byte)) }
    return hash
  }

  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
