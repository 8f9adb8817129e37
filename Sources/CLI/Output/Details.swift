/// Names and values under one another, for one thing.
struct Details {
  private var rows: [(name: String, value: String, state: String?)] = []

  /// Adds a row unless there is no value; the value is escaped here, and has the colour of `state`.
  mutating func add(_ name: String, _ value: String?, state: String? = nil) {
    if let value { rows.append((name, DisplayText.escaped(value), state)) }
  }

  var text: String {
    let width = rows.map { $0.name.utf8.count }.max() ?? 0
    return rows.map { row in
      // The state's word alone has its colour, not what follows it.
      let word = row.state ?? ""
      let value =
        !word.isEmpty && row.value.hasPrefix(word)
        ? Paint.state(word) + row.value.dropFirst(word.count) : row.value
      return DisplayText.padded(row.name, to: width) + "  " + value + "\n"
    }.joined()
  }
}
