/// Masking of secrets that are known, wherever a target repeats them.
extension SecretMask {
  /// Shorter ones occur in every text, and can't be hidden.
  public static let shortestSecret = 4

  /// A text with each of the secrets masked.
  ///
  /// - Parameters:
  ///   - mayBeCut: whether parts of the text may have been cut within a secret: then the beginning of
  ///     one is masked as well where an ellipsis follows, the last line's end or the text's.
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
        let count = countOfEqual(secret, text[index...])
        let isCut =
          mayBeCut && count >= shortestSecret && isWhereCut(text[(index + count)...])
        if count == secret.count || isCut {
          result += mask
          index += count
          continue next
        }
      }
      result.append(text[index])
      index += 1
    }
    return Array(result.prefix(limit))
  }

  /// How many bytes a secret and a text begin with in common.
  private static func countOfEqual(_ secret: [UInt8], _ text: ArraySlice<UInt8>) -> Int {
    let most = min(secret.count, text.count)
    var count = 0
    while count < most, secret[count] == text[text.startIndex + count] { count += 1 }
    return count
  }

  private static let ellipsis = Array("…".utf8)

  /// Whether what comes before may have been cut off, by what follows.
  private static func isWhereCut(_ rest: ArraySlice<UInt8>) -> Bool {
    rest.isEmpty || rest.elementsEqual(CollectionOfOne(10)) || rest.starts(with: ellipsis)
  }
}
