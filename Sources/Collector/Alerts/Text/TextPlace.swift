/// Where a text is put, and therefore which of its characters would be taken for something else.
enum TextPlace: Sendable {
  case plain
  /// HTML text and attribute values in double quotes; Telegram's HTML too.
  case html
  /// Slack's texts: its documentation asks for these three characters, and no others.
  case slack
  /// Discord's Markdown, where a backslash takes the meaning of the next character.
  case discord

  /// `text` as it is written here.
  func escape(_ text: String) -> String {
    if self == .plain { return text }
    var written = ""
    // By scalars: `<` with a combining mark is one character that is not "<", but a parser sees "<".
    for scalar in text.unicodeScalars {
      if let escaped = escape(scalar) {
        written += escaped
      } else {
        written.unicodeScalars.append(scalar)
      }
    }
    return written
  }

  private func escape(_ scalar: Unicode.Scalar) -> String? {
    switch self {
    case .plain: return nil
    case .html, .slack:
      switch scalar {
      case "&": return "&amp;"
      case "<": return "&lt;"
      case ">": return "&gt;"
      case "\"": return self == .html ? "&quot;" : nil
      case "'": return self == .html ? "&#39;" : nil
      default: return nil
      }
    case .discord:
      switch scalar {
      case "\\", "*", "_", "~", "`", "|", ">", "<", "#", "[", "]", "(", ")", "@", "-":
        return "\\\(scalar)"
      default: return nil
      }
    }
  }
}
