/// Rows under a heading, in columns as wide as their content, the whole no wider than the terminal.
struct Table {
  let heading: [String]
  private(set) var rows: [[String]] = []
  /// Stands before every line.
  var indent = ""

  init(_ heading: [String]) {
    self.heading = heading
  }

  /// Adds a row; its texts are escaped here.
  mutating func add(_ row: [String]) {
    rows.append(row.map(DisplayText.escaped))
  }

  /// The lines. Where they don't fit `columns`, the widest columns are cut; `nil` cuts nothing.
  func text(columns: Int?) -> String {
    var widths = heading.map(DisplayText.width)
    for row in rows {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = max(widths[index], DisplayText.width(cell))
      }
    }
    if let columns { shrink(&widths, to: columns - DisplayText.width(indent)) }
    return ([heading] + rows).map { line($0, widths) + "\n" }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() where index < widths.count {
      let text = DisplayText.cut(cell, to: widths[index])
      line += index == 0 ? indent : "  "
      line += index == cells.count - 1 ? text : DisplayText.padded(text, to: widths[index])
    }
    while line.utf8.last == 0x20 { line.removeLast() }
    return line
  }

  /// Takes columns from the widest until the row fits, leaving each at least 8 or what it needs.
  private func shrink(_ widths: inout [Int], to columns: Int) {
    let gaps = 2 * max(0, widths.count - 1)
    while widths.reduce(gaps, +) > columns {
      guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8
      else { return }
      widths[widest] -= 1
    }
  }
}
