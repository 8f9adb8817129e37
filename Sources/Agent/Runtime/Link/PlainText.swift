extension String {
  /// A peer's text as it may stand in a file of `key = "value"` lines and on a terminal: without
  /// control characters (line ends among them), quotes, backslashes and what turns the direction of
  /// writing.
  public var plain: String {
    var text = ""
    for scalar in unicodeScalars where !scalar.isControl && scalar != "\"" && scalar != "\\" {
      text.unicodeScalars.append(scalar)
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether it moves a terminal's cursor, ends a line, or turns the direction of writing.
  var isControl: Bool {
    switch value {
    case 0..<32, 127...159, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
