import JSON

/// Lines of CSV (RFC 4180) that no spreadsheet takes for formulas.
enum CSVText {
  /// One line, with its end.
  static func line(_ cells: [JSONValue]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, cell) in cells.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      add(cell, to: &bytes)
    }
    return bytes + [0x0d, 0x0a]
  }

  /// The value at `path`, whose parts are between dots.
  static func value(_ path: String, of row: JSONObject) -> JSONValue {
    var value = JSONValue.object(row)
    for name in path.split(separator: ".") { value = value[String(name)] ?? .null }
    return value
  }

  private static func add(_ cell: JSONValue, to bytes: inout [UInt8]) {
    switch cell {
    case .null: break
    case .string(let text): add(text, to: &bytes)
    case .array(let elements):
      add(
        elements.map { $0.stringValue ?? $0.text }.joined(separator: " "), to: &bytes)
    case .object: add(cell.text, to: &bytes)
    default: bytes += cell.text.utf8
    }
  }

  /// A text that begins like a formula gets a quote before it, which spreadsheets don't show.
  private static func add(_ text: String, to bytes: inout [UInt8]) {
    let isFormula = text.utf8.first.map { "=+-@\t\r\n".utf8.contains($0) } ?? false
    let isQuoted = text.utf8.contains { [0x22, 0x2c, 0x0d, 0x0a].contains($0) }
    if isQuoted { bytes.append(0x22) }
    if isFormula { bytes.append(UInt8(ascii: "'")) }
    for byte in text.utf8 {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    if isQuoted { bytes.append(0x22) }
  }
}
