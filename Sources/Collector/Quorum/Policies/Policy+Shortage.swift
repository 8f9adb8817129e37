extension Policy {
  /// A region that is to vote for a monitor, as it stands now.
  public struct Post: Hashable, Sendable {
    public var region: String
    /// The provider of its live agent; `nil` where it has none.
    public var domain: String?

    public init(region: String, domain: String?) {
      self.region = region
      self.domain = domain
    }
  }

  /// What this policy asks for and these regions can't give at present, in words.
  ///
  /// Where `isBlinding`, the verdict is UNKNOWN until they can; otherwise it is worth knowing.
  public struct Shortage: Hashable, Sendable {
    public var problem: Problem
    public var isBlinding: Bool
  }

  /// What lacks, most pressing first.
  ///
  /// - Parameter posts: the regions that a monitor names, or all that have agents for it.
  public func shortages(of posts: [Post]) -> [Shortage] {
    let live = posts.filter { counts($0.region) && $0.domain != nil }
    var shortages: [Shortage] = []
    if let problem = tooFew(live, of: posts.count { counts($0.region) }) {
      shortages.append(Shortage(problem: problem, isBlinding: true))
    }
    for (index, region) in mustFail.enumerated()
    where !live.contains(where: { $0.region == region }) {
      let problem = Problem(
        key: "must_fail", member: String(index),
        "must_fail names \(region), where no agent is live: nothing can be said until one is")
      shortages.append(Shortage(problem: problem, isBlinding: true))
    }
    if case .weighted = rule, !live.isEmpty, !live.contains(where: { weight($0.region) > 0 }) {
      let problem = Problem(
        key: "weights",
        "no region with a live agent weighs anything: nothing can be said until one "
          + "does")
      shortages.append(Shortage(problem: problem, isBlinding: true))
    }
    return shortages
      + hints(posts, live).map { Shortage(problem: $0, isBlinding: false) }
  }

  private func tooFew(_ live: [Post], of assigned: Int) -> Problem? {
    // A policy that is satisfied by one region of one is so because no more are assigned.
    let least = max(1, leastVotes(assigned: assigned))
    guard live.count < least else { return nil }
    var key = "kind"
    if case .nOfM = rule { key = "n" }
    let names = live.map(\.region).joined(separator: ", ")
    let present =
      switch live.count {
      case 0: "no region that counts has one"
      case 1: "only \(names) has one"
      default: "only \(names) have one"
      }
    let wanted =
      least == 1
      ? "the policy needs a region with a live agent"
      : "the policy needs \(least) regions with a live agent"
    return Problem(key: key, "\(wanted), and \(present): the verdict is unknown until then")
  }

  private func hints(_ posts: [Post], _ live: [Post]) -> [Problem] {
    var problems: [Problem] = []
    let domains = Set(live.compactMap(\.domain)).count
    if let minDomains, domains > 0, domains < minDomains {
      problems.append(
        Problem(
          key: "min_domains",
          "min_domains is \(minDomains), and live agents are of \(domains) "
            + "provider\(domains == 1 ? "" : "s"): until there are more, so many suffice"))
    }
    let known = Set(posts.map(\.region))
    if case .weighted(let weights) = rule {
      for region in weights.keys.sorted() where !known.contains(region) {
        problems.append(
          Problem(key: "weights", member: region, "weights names \(region), where no agent is"))
      }
    }
    for (index, region) in ignored.enumerated() where !known.contains(region) {
      problems.append(
        Problem(
          key: "ignore", member: String(index), "ignore names \(region), where no agent is"))
    }
    return problems
  }
}
