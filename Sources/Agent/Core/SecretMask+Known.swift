/// Masking of secrets that are known, wherever a target repeats them.
extension SecretMask {
  /// Shorter ones occur in every text, and can't be hidden.
  public static let shortestSecret = 4

  /// A text with each of the secrets masked.
  ///
  /// - Parameters:
  ///   - mayBeCut: whether the text may end within a secret: then the beginning of one at its end is
  ///     masked as well.
  ///   - limit: what the result is cut to, since a mask may be longer than what it hides.
  public static func masking(
    _ secrets: [[UInt8]], in text: [UInt8], mayBeCut: Bool = false, limit: Int = .max
  ) -> [UInt8] {
    // The longer first: one may begin with another.
    let secrets = secrets.filter { $0.count >= shortestSecret }.sorted { $0.count > $1.count }
    guard !secrets.isEmpty, text.count >= shortestSecret else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    next: while index < text.count {
      for secret in secrets {
        let rest = text.count - index
        let isWhole = rest >= secret.count && text[index..<index + secret.count] == secret[...]
        let isCut =
          mayBeCut && rest < secret.count && rest >= shortestSecret
          && secret[..<rest] == text[index...]
        if isWhole || isCut {
          result += mask
          index += min(secret.count, rest)
          continue next
        }
      }
      result.append(text[index])
      index += 1
    }
    return Array(result.prefix(limit))
  }
}
