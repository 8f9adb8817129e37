/// Names and values under one another, for one thing.
struct Details {
  private var rows: [(String, String)] = []

  /// Adds a row unless there is no value; the value is escaped here.
  mutating func add(_ name: String, _ value: String?) {
    if let value { rows.append((name, DisplayText.escaped(value))) }
  }

  var text: String {
    let width = rows.map { $0.0.utf8.count }.max() ?? 0
    return rows.map { DisplayText.padded($0.0, to: width) + "  " + $0.1 + "\n" }.joined()
  }
}
