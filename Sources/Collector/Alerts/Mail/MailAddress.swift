/// Mail addresses as far as they are taken: an unquoted local part and a domain, ASCII (RFC 5321
/// section 4.1.2), so that nothing in one can end a header or an SMTP command.
enum MailAddress {
  /// What is wrong with an address, without saying it, or `nil`.
  static func problem(_ address: String) -> String? {
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return "must be a mail address, such as ops@example.org" }
    let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let others = Set("!#$%&'*+-/=?^_`{|}~".utf8)
    let isLocal =
      1...64 ~= parts[0].utf8.count
      && atoms.allSatisfy { atom in
        !atom.isEmpty
          && atom.utf8.allSatisfy { byte in
            let letter = Character(Unicode.Scalar(byte))
            return others.contains(byte) || (letter.isASCII && (letter.isLetter || letter.isNumber))
          }
      }
    guard isLocal else {
      return "must have letters, digits and dots before its @, in ASCII"
    }
    guard !parts[1].utf8.contains(UInt8(ascii: ":")) else {
      return "must have a domain behind its @"
    }
    return URLRule.hostProblem(String(parts[1]))
  }
}
