extension Policy {
  /// The most regions that vote for a monitor.
  public static let mostRegions = 10
  /// The most that a region's vote may weigh.
  public static let mostWeight = 1_000

  /// Why a policy can never be satisfied, in words for the person who wrote it.
  public struct Problem: Error, Hashable, CustomStringConvertible {
    /// The key of the JSON form that is wrong.
    public var key: String
    /// The member of `key`'s object, or the index in its list, that is wrong; `nil` for all of it.
    public var member: String?
    public var description: String

    public init(key: String, member: String? = nil, _ description: String) {
      self.key = key
      self.member = member
      self.description = description
    }
  }

  /// The first reason why this policy could never decide; `nil` if it could.
  ///
  /// - Parameter regions: those that the monitor names; `nil` where it takes all there are.
  public func problem(regions: [String]?) -> Problem? {
    problemOfNames(regions) ?? problemOfRule(regions) ?? problemOfBounds(regions)
  }

  /// The most voters that there can be.
  private func most(_ regions: [String]?) -> Int {
    guard let regions else { return Self.mostRegions }
    return regions.filter(counts).count
  }

  private func whose(_ regions: [String]?) -> String {
    guard let regions else { return "at most \(Self.mostRegions) regions" }
    let most = most(regions)
    if most == regions.count { return "the monitor's \(most) regions" }
    return "the \(most) of the monitor's regions that are not ignored"
  }

  private func problemOfNames(_ regions: [String]?) -> Problem? {
    for (key, names) in [("must_fail", mustFail), ("ignore", ignored)] {
      guard names.count <= Self.mostRegions else {
        return Problem(
          key: key, "\(key) names \(names.count) regions; at most \(Self.mostRegions) vote")
      }
      for (index, name) in names.enumerated() {
        let member = String(index)
        if names.firstIndex(of: name) != index {
          return Problem(key: key, member: member, "\(key) names \(name) twice")
        }
        if let regions, !regions.contains(name) {
          return Problem(
            key: key, member: member, "\(key) names \(name), which the monitor does not name")
        }
      }
    }
    if let index = mustFail.firstIndex(where: { !counts($0) }) {
      return Problem(
        key: "must_fail", member: String(index),
        "must_fail names \(mustFail[index]), whose vote ignore leaves out")
    }
    if regions != nil, most(regions) == 0 {
      return Problem(key: "ignore", "ignore leaves no region that could vote")
    }
    return nil
  }

  private func problemOfRule(_ regions: [String]?) -> Problem? {
    switch rule {
    case .nOfM(let count):
      guard count >= 1 else { return Problem(key: "n", "n is \(count); it must be at least 1") }
      guard count <= most(regions) else {
        return Problem(key: "n", "n is \(count), which \(whose(regions)) can never reach")
      }
    case .percent(let share):
      guard (1...100).contains(share) else {
        return Problem(key: "percent", "percent is \(share); it must be from 1 to 100")
      }
    case .weighted(let weights): return problem(of: weights, regions)
    case .majority, .all, .any: break
    }
    return nil
  }

  private func problem(of weights: [String: Int], _ regions: [String]?) -> Problem? {
    for (region, weight) in weights.sorted(by: { $0.key < $1.key }) {
      guard (0...Self.mostWeight).contains(weight) else {
        return Problem(
          key: "weights", member: region,
          "in weights, \(region) is \(weight); it must be from 0 to \(Self.mostWeight)")
      }
      if let regions, !regions.contains(region) {
        return Problem(
          key: "weights", member: region,
          "weights names \(region), which the monitor does not name")
      }
    }
    if let regions, !regions.filter(counts).contains(where: { self.weight($0) > 0 }) {
      return Problem(key: "weights", "weights leaves no region that counts a weight above 0")
    }
    guard weights.count <= Self.mostRegions else {
      return Problem(
        key: "weights",
        "weights names \(weights.count) regions; at most \(Self.mostRegions) vote")
    }
    return nil
  }

  private func problemOfBounds(_ regions: [String]?) -> Problem? {
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
      guard minDomains <= most(regions) else {
        return Problem(
          key: "min_domains",
          "min_domains is \(minDomains), which \(whose(regions)) can never span")
      }
    }
    return nil
  }
}
