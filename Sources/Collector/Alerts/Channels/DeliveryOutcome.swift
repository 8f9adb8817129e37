public import JSON

/// What became of one attempt.
public enum DeliveryOutcome: Hashable, Sendable {
  case delivered
  /// It will never be taken. The words say why; `disables` that the whole channel is wanted no more.
  case refused(String, disables: Bool)
  /// It may be taken later, not before so many seconds if the provider named a time.
  case retry(String, afterSeconds: Int?)
  /// It is to be sent again at once, and from now on, with this setting changed.
  case changed(setting: String, to: JSONValue)

  /// The longest that a provider's words are kept, in characters.
  static let longestWords = 300

  /// Of a mail server's reply (RFC 5321 section 4.2.1): 2 is success, 4 for now, 5 for ever.
  init(mail code: Int, text: String) {
    let words = "code \(code): \(Self.words(text))"
    switch code {
    case 200..<300: self = .delivered
    case 500..<600: self = .refused(words, disables: false)
    default: self = .retry(words, afterSeconds: nil)
    }
  }

  /// A provider's text on one line, bounded.
  static func words(_ text: String) -> String {
    SafeText.line(text, limit: longestWords)
  }

  /// This without the `secrets` that a provider may have quoted, whole, cut off at the end, or only what
  /// is secret of an address.
  func masking(_ secrets: [String]) -> DeliveryOutcome {
    let parts = Set(secrets.flatMap(Self.secretParts)).sorted { $0.utf8.count > $1.utf8.count }
    func masked(_ words: String) -> String {
      var words = Self.maskingEnd(of: words, parts)
      for part in parts { words = words.replacing(part, with: "...") }
      return words
    }
    return switch self {
    case .delivered, .changed: self
    case .refused(let words, let disables): .refused(masked(words), disables: disables)
    case .retry(let words, let seconds): .retry(masked(words), afterSeconds: seconds)
    }
  }

  /// `words` without the beginning of a secret at which they were cut.
  private static func maskingEnd(of words: String, _ parts: [String]) -> String {
    guard words.hasSuffix("…") else { return words }
    for part in parts {
      for count in stride(from: part.count - 1, through: shortestPart, by: -1)
      where words.hasSuffix(part.prefix(count) + "…") {
        return words.dropLast(count + 1) + "...…"
      }
    }
    return words
  }

  /// Fewer characters than these give nothing away.
  private static let shortestPart = 6

  private static func secretParts(_ secret: String) -> [String] {
    var parts = [secret]
    if secret.hasPrefix("http") {
      let path = secret.dropFirst(URLRule.origin(secret).count)
      parts.append(String(path))
      parts += path.split { "/?&=".contains($0) }.map(String.init)
    }
    return parts.filter { $0.count >= shortestPart || $0 == secret }
  }
}
