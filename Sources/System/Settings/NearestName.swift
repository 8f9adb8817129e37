/// Finds what a mistyped name was meant to be.
enum NearestName {
  /// The candidate that differs from `name` in the fewest letters, if these are few enough to be
  /// slips: one, or two in a name of six letters or more.
  static func of(_ name: String, among candidates: [String]) -> String? {
    let limit = min(2, max(1, name.utf8.count / 3))
    return candidates.map { (distance(Array(name.utf8), Array($0.utf8)), $0) }
      .filter { $0.0 <= limit }.min { $0.0 < $1.0 }?.1
  }

  /// How many insertions, removals and exchanges make one of the other (Levenshtein's distance).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let exchanged = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(exchanged, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
