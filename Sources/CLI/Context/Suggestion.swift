/// Guesses what a person meant.
enum Suggestion {
  /// The candidate that is fewest slips of the finger away; `nil` where none is near.
  static func closest(to text: String, among candidates: [String]) -> String? {
    let word = text.lowercased()
    guard word.utf8.count <= 64 else { return nil }
    let near = candidates.filter { $0.utf8.count <= 64 }
      .map { ($0, distance(Array(word.utf8), Array($0.lowercased().utf8))) }
      .min { $0.1 < $1.1 }
    guard let near, near.1 <= max(1, word.utf8.count / 3) else {
      return candidates.first { word.utf8.count >= 2 && $0.lowercased().hasPrefix(word) }
    }
    return near.0
  }

  /// How many bytes must be added, taken away, changed, or swapped with the next.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var older: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var line = [row + 1]
      for column in 0..<right.count {
        var cost = min(
          last[column + 1] + 1, line[column] + 1,
          last[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, older[column - 1] + 1)
        }
        line.append(cost)
      }
      (older, last) = (last, line)
    }
    return last[right.count]
  }
}
