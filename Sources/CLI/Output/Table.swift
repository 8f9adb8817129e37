/// Rows under a heading, in columns as wide as their content, the whole no wider than the terminal.
struct Table {
  let heading: [String]
  private(set) var rows: [[(text: String, state: String?)]] = []
  /// Stands before every line.
  var indent = ""
  var showsHeading = true
  /// The columns whose texts stand at their right edge: numbers.
  var rightAligned: Set<Int> = []

  init(_ heading: [String]) {
    self.heading = heading
  }

  /// Adds a row; its texts are escaped here.
  mutating func add(_ row: [String]) {
    rows.append(row.map { (DisplayText.escaped($0), nil) })
  }

  /// Adds a row some of whose texts have the colour of a state.
  mutating func add(_ row: [(text: String, state: String?)]) {
    rows.append(row.map { (DisplayText.escaped($0.text), $0.state) })
  }

  /// The lines. Where they don't fit `columns`, the widest columns are cut; `nil` cuts nothing.
  func text(columns: Int?) -> String {
    var widths = showsHeading ? heading.map(DisplayText.width) : heading.map { _ in 0 }
    for row in rows {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = max(widths[index], DisplayText.width(cell.text))
      }
    }
    if let columns { shrink(&widths, to: columns - DisplayText.width(indent)) }
    let top = showsHeading ? line(heading.map { ($0, nil) }, widths, paint: Paint.heading) : ""
    return top + rows.map { line($0, widths, paint: nil) }.joined()
  }

  private func line(
    _ cells: [(text: String, state: String?)], _ widths: [Int], paint: ((String) -> String)?
  ) -> String {
    var line = ""
    // Blanks wait for something behind them, so that no line ends with one.
    var blanks = indent
    for (index, cell) in cells.enumerated() where index < widths.count {
      let text = DisplayText.cut(cell.text, to: widths[index])
      let gap = String(repeating: " ", count: max(0, widths[index] - DisplayText.width(text)))
      if index > 0 { blanks += "  " }
      if rightAligned.contains(index) { blanks += gap }
      if !text.isEmpty {
        let painted = paint?(text) ?? cell.state.map { Paint.state($0, text) } ?? text
        line += blanks + painted
        blanks = ""
      }
      if !rightAligned.contains(index) { blanks += gap }
    }
    return line + "\n"
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
