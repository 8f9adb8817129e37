import JSON
import UpblitClient

/// How one kind of thing is listed: one description for table, wide, name and csv.
struct Listing<Item: APIResource>: Sendable {
  struct Column: Sendable {
    /// In capitals, with blanks between words.
    var title: String
    /// Shown with `-o wide` and in csv alone.
    var isWide = false
    /// Shown only where some item has something in it.
    var isOptional = false
    var isNumber = false
    var cell: @Sendable (Item) -> Cell
  }

  /// What `-o name` prints of an item.
  var name: @Sendable (Item) -> String
  var columns: [Column]

  /// The columns by these names, or those of the format.
  func chosen(_ options: OutputOptions, for items: [Item]) throws(CLIError) -> [Column] {
    guard let wanted = options.columns else {
      let areAll = options.output == .wide || options.output == .csv
      return columns.filter { column in
        (areAll || !column.isWide)
          && (options.output == .csv || !column.isOptional
            || items.contains { !column.cell($0).plain.isEmpty })
      }
    }
    var chosen: [Column] = []
    for name in wanted.split(separator: ",") {
      let word = Self.key(FileText.trimmed(String(name)))
      guard let column = columns.first(where: { Self.key($0.title) == word }) else {
        let known = columns.map { Self.key($0.title) }
        let guess = Suggestion.closest(to: word, among: known).map { ", did you mean \($0)?" }
        throw CLIError(
          .usage,
          "there is no column \(DisplayText.escaped(word))\(guess ?? ".") There are: "
            + known.joined(separator: ", "))
      }
      chosen.append(column)
    }
    return chosen
  }

  /// A heading as csv and flags write it: `spool_bytes`.
  static func key(_ title: String) -> String {
    title.lowercased().replacing(" ", with: "_").replacing("-", with: "_")
  }

  /// The table, no wider than the terminal unless it is to be wide.
  func text(_ items: [Item], _ options: OutputOptions) throws(CLIError) -> String {
    try table(items, options).text(columns: options.output == .wide ? nil : Console.columns)
  }

  private func table(_ items: [Item], _ options: OutputOptions) throws(CLIError) -> Table {
    let shown = try chosen(options, for: items)
    var table = Table(shown.map(\.title))
    table.showsHeading = !options.noHeaders
    table.rightAligned = Set(shown.indices.filter { shown[$0].isNumber })
    for item in items {
      table.add(
        shown.map { column in
          let cell = column.cell(item)
          let text = options.output == .wide ? cell.whole ?? cell.text : cell.text
          return (text: text, state: cell.state)
        })
    }
    return table
  }

  func csv(_ items: [Item], _ options: OutputOptions) throws(CLIError) -> String {
    let shown = try chosen(options, for: items)
    var text = options.noHeaders ? "" : CSVText.line(shown.map { Self.key($0.title) })
    for item in items { text += CSVText.line(shown.map { $0.cell(item).plain }) }
    return text
  }
}

/// One value of a list.
struct Cell {
  /// For a person; `-` where there is none.
  var text: String
  /// For a person with room, where it differs: a whole id.
  var whole: String?
  /// For a program; empty where there is none.
  var plain: String
  /// The state whose colour it has.
  var state: String?

  init(_ text: String, plain: String, whole: String? = nil, state: String? = nil) {
    self.text = text
    self.plain = plain
    self.whole = whole
    self.state = state
  }

  init(_ value: String?) {
    let value = value ?? ""
    self.init(value.isEmpty ? "-" : value, plain: value)
  }

  init(_ value: Int64?) { self.init(value.map { String($0) }) }

  static func id(_ id: String?) -> Cell {
    guard let id, !id.isEmpty else { return Cell(nil as String?) }
    return Cell(String(id.prefix(8)), plain: id, whole: id)
  }

  static func moment(_ moment: Moment?) -> Cell {
    Cell(moment?.display ?? "-", plain: moment?.text ?? "")
  }

  static func state(_ word: String, _ text: String? = nil) -> Cell {
    Cell(text ?? word, plain: word, state: word)
  }
}

/// Rows of comma-separated values (RFC 4180), with line feeds.
enum CSVText {
  static func line(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",") + "\n"
  }

  /// One value: control characters escaped, and nothing that a spreadsheet would take for a formula.
  static func cell(_ text: String) -> String {
    var text = DisplayText.escaped(text)
    if let first = text.utf8.first, "=+-@".utf8.contains(first), Double(text) == nil {
      text = "'" + text
    }
    let needsQuotes =
      text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
      || text.hasPrefix(" ") || text.hasSuffix(" ")
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}
