/// Takes out of a target's text what may be a secret, and leaves what it is about.
///
/// It works on bytes, since a target's text need not be any encoding's, and masks too much rather
/// than too little.
public enum SecretMask {
  /// What stands in a secret's place.
  public static let mask = Array("***".utf8)

  /// A header whose name holds one of these has a value that nobody is shown.
  static let words: [[UInt8]] = [
    "auth", "cookie", "credential", "csrf", "jwt", "key", "passw", "pwd", "secret", "session",
    "signature", "token", "xsrf",
  ].map { Array($0.utf8) }

  /// Whether a header's value is kept back for its name.
  public static func hides(headerName name: some Collection<UInt8>) -> Bool {
    let lower = name.map { lowercased($0) }
    return words.contains { word in
      guard lower.count >= word.count else { return false }
      return (0...lower.count - word.count).contains { start in
        lower[start..<start + word.count].elementsEqual(word)
      }
    }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// Appends a text with what is secret in its URLs masked: the part before an `@` in an authority,
  /// the values of a query, a fragment, and parameters behind a semicolon whose name says so, as in
  /// `;jsessionid=`. A URL ends at a blank, a quote or an angle bracket.
  public static func append(_ text: some Collection<UInt8>, to result: inout [UInt8]) {
    var rest = ArraySlice(text)
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "/") where rest.dropFirst().first == byte:
        result += [byte, byte]
        rest = rest.dropFirst(2)
        appendAuthority(&rest, to: &result)
      case UInt8(ascii: "?"):
        result.append(byte)
        rest = rest.dropFirst()
        appendQuery(&rest, to: &result)
      case UInt8(ascii: ";"):
        result.append(byte)
        rest = rest.dropFirst()
        appendParameter(&rest, to: &result)
      case UInt8(ascii: "#"):
        result.append(byte)
        rest = rest.dropFirst()
        let fragment = rest.prefix { !endsURL($0) }
        if !fragment.isEmpty { result += mask }
        rest = rest.dropFirst(fragment.count)
      default:
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
  }

  private static func appendAuthority(_ rest: inout ArraySlice<UInt8>, to result: inout [UInt8]) {
    let authority = rest.prefix { !endsURL($0) && !"/?#".utf8.contains($0) }
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      result += mask
      result += authority[at...]
    } else {
      result += authority
    }
    rest = rest.dropFirst(authority.count)
  }

  private static func appendQuery(_ rest: inout ArraySlice<UInt8>, to result: inout [UInt8]) {
    while true {
      let pair = rest.prefix { !endsURL($0) && !"&#".utf8.contains($0) }
      if let equals = pair.firstIndex(of: UInt8(ascii: "=")) {
        result += pair[...equals]
        if equals + 1 < pair.endIndex { result += mask }
      } else if !pair.isEmpty {
        // What has no name may be the secret itself.
        result += mask
      }
      rest = rest.dropFirst(pair.count)
      guard rest.first == UInt8(ascii: "&") else { return }
      result.append(UInt8(ascii: "&"))
      rest = rest.dropFirst()
    }
  }

  private static func appendParameter(_ rest: inout ArraySlice<UInt8>, to result: inout [UInt8]) {
    let parameter = rest.prefix { !";,/?#&".utf8.contains($0) }
    guard let equals = parameter.firstIndex(of: UInt8(ascii: "=")),
      hides(headerName: parameter[..<equals])
    else { return }
    result += parameter[...equals]
    result += mask
    rest = rest.dropFirst(parameter.count)
  }

  private static func endsURL(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x7f || "\"<>".utf8.contains(byte)
  }
}
