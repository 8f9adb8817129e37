/// Finds the secrets of a channel's settings in what its receiver says, and takes them out.
///
/// Receivers, and those behind them, quote what they were sent in many ways: within JSON, HTML or an
/// address, cut off, or only the part of an address that is secret. So a secret is looked for as a
/// whole and in parts, and each of its characters as each of these writes it. Rather too much is taken
/// out than too little.
struct QuotedSecrets {
  /// Longest first, so that of two that begin at one place the longer is taken out.
  private let parts: [[Unicode.Scalar]]

  /// What stands in a secret's place.
  private static let mask = "..."
  /// Fewer characters than these of an address, or at the end of what was cut, give nothing away.
  private static let shortestPart = 6

  init(_ settings: ChannelSettings) {
    let user = settings.text("username")
    // As HTTP sends it, and SMTP (RFC 4616, and the older LOGIN).
    let sent = settings.textIfAny("password").map { password in
      ["\(user):\(password)", "\0\(user)\0\(password)", password].map {
        Base64.text(Array($0.utf8))
      }
    }
    self.init(settings.secrets + (sent ?? []))
  }

  init(_ secrets: [String]) {
    var found: Set<String> = []
    for secret in secrets {
      for part in Self.parts(of: secret) {
        // What a receiver says is one line when it is looked at.
        found.insert(SafeText.line(part, limit: 5000))
        found.insert(SafeText.line(Self.decoded(part), limit: 5000))
      }
    }
    found.remove("")
    parts = found.map { Array($0.unicodeScalars) }.sorted { $0.count > $1.count }
  }

  /// `text`, one line that ends with `…` where it was cut, without secrets.
  func mask(_ text: String) -> String {
    let text = Array(text.unicodeScalars)
    let isCut = text.last == "…"
    let end = isCut ? text.count - 1 : text.count
    var masked = String.UnicodeScalarView()
    var index = 0
    while index < text.count {
      let here = text[index..<max(index, end)]
      if let after = parts.lazy.compactMap({ Self.end(of: $0, in: here, isCut: isCut) }).first {
        masked.append(contentsOf: Self.mask.unicodeScalars)
        index = after
      } else if let after = Self.endOfUser(in: here) {
        masked.append(contentsOf: "://\(Self.mask)".unicodeScalars)
        index = after
      } else {
        masked.append(text[index])
        index += 1
      }
    }
    return String(masked)
  }

  /// Where `part` ends if it begins `text`, or is begun when that is cut.
  private static func end(
    of part: [Unicode.Scalar], in text: ArraySlice<Unicode.Scalar>, isCut: Bool
  ) -> Int? {
    var rest = text
    for (count, scalar) in part.enumerated() {
      if isCut, rest.isEmpty, count >= shortestPart { return rest.startIndex }
      guard WrittenScalar.take(scalar, from: &rest) else { return nil }
    }
    return rest.startIndex
  }

  /// Where `@` stands if `text` begins with `://` and a name and password, whoever's they are.
  private static func endOfUser(in text: ArraySlice<Unicode.Scalar>) -> Int? {
    guard text.starts(with: "://".unicodeScalars) else { return nil }
    let authority = text.dropFirst(3).prefix { !" /?#\"'<>".unicodeScalars.contains($0) }
    return authority.lastIndex(of: "@")
  }

  /// A secret, what stands behind a word of its own in front (`Bearer `, `whsec_`), and of an address,
  /// such as Apprise's are too, all that may be secret: everything but http's schemes and hosts.
  private static func parts(of secret: String) -> [String] {
    var parts = [secret]
    for word in ["Bearer ", "Basic ", "whsec_"] where secret.hasPrefix(word) {
      parts.append(String(secret.dropFirst(word.count)))
    }
    guard let scheme = secret.firstRange(of: "://") else { return parts }
    var rest = secret[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    if let at = authority.lastIndex(of: "@") {
      let user = authority[..<at]
      parts += [String(user), Base64.text(Array(decoded(String(user)).utf8))]
      if let colon = user.firstIndex(of: ":") {
        // A password is one, however short it is.
        parts.append(String(user[user.index(after: colon)...]))
      }
    }
    if ["http", "https"].contains(secret[..<scheme.lowerBound].lowercased()) {
      rest = rest.dropFirst(authority.count)
    }
    var pieces = [rest]
    pieces += rest.split { "/?&".contains($0) }
    pieces += rest.split { "/?&=:@#,".contains($0) }
    return parts.filter { !$0.isEmpty }
      + pieces.filter { $0.count >= shortestPart }.map { String($0) }
  }

  /// With `%41` read as `A` (RFC 3986 section 2.1), where that makes text.
  private static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self) ?? text
  }
}
