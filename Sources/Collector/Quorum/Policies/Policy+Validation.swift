extension Policy {
  /// The most regions that vote for a monitor.
  public static let mostRegions = 10

  /// Why a policy can never be satisfied, in words for the person who wrote it.
  public struct Problem: Error, Hashable, CustomStringConvertible {
    /// The key of the JSON form that is wrong.
    public var key: String
    public var description: String

    public init(key: String, _ description: String) {
      self.key = key
      self.description = description
    }
  }

  /// The first reason why this policy could never decide; `nil` if it could.
  ///
  /// - Parameter regions: how many regions the monitor names; `nil` where it takes all there are.
  public func problem(regions: Int?) -> Problem? {
    let most = regions ?? Self.mostRegions
    let whose =
      regions.map { "the monitor's \($0) regions" } ?? "at most \(Self.mostRegions) regions"
    switch rule {
    case .nOfM(let count):
      guard count >= 1 else { return Problem(key: "n", "n is \(count); it must be at least 1") }
      guard count <= most else {
        return Problem(key: "n", "n is \(count), which \(whose) can never reach")
      }
    case .percent(let share):
      guard (1...100).contains(share) else {
        return Problem(key: "percent", "percent is \(share); it must be from 1 to 100")
      }
    case .majority, .all, .any: break
    }
    if let upCap {
      guard upCap >= 0 else {
        return Problem(key: "up_cap", "up_cap is \(upCap); it must not be negative")
      }
      guard upCap < Self.mostRegions else {
        return Problem(
          key: "up_cap",
          "up_cap is \(upCap); at most \(Self.mostRegions) regions vote, "
            + "so it must be below \(Self.mostRegions)")
      }
    }
    if let minDomains {
      guard minDomains >= 1 else {
        return Problem(key: "min_domains", "min_domains is \(minDomains); it must be at least 1")
      }
      guard minDomains <= most else {
        return Problem(
          key: "min_domains", "min_domains is \(minDomains), which \(whose) can never span")
      }
    }
    return nil
  }
}
