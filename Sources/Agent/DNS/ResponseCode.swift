/// How a name server says its answer is to be taken: twelve bits, the upper eight from EDNS (RFC 6891
/// section 6.1.3).
public struct ResponseCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  public static let noError = ResponseCode(rawValue: 0)
  public static let formatError = ResponseCode(rawValue: 1)
  public static let serverFailure = ResponseCode(rawValue: 2)
  public static let noSuchName = ResponseCode(rawValue: 3)
  public static let notImplemented = ResponseCode(rawValue: 4)
  public static let refused = ResponseCode(rawValue: 5)
  /// The server does not know this version of EDNS.
  public static let badVersion = ResponseCode(rawValue: 16)
  public static let badCookie = ResponseCode(rawValue: 23)

  private static let words: [(UInt16, String)] = [
    (0, "NOERROR"), (1, "FORMERR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (4, "NOTIMP"),
    (5, "REFUSED"), (6, "YXDOMAIN"), (7, "YXRRSET"), (8, "NXRRSET"), (9, "NOTAUTH"),
    (10, "NOTZONE"), (16, "BADVERS"), (23, "BADCOOKIE"),
  ]

  /// Reads a mnemonic in any case, or `RCODE` and a number.
  public init?(word: some StringProtocol) {
    let word = word.uppercased()
    if let known = Self.words.first(where: { $0.1 == word }) {
      self.init(rawValue: known.0)
      return
    }
    let digits = word.dropFirst(5)
    guard word.utf8.starts(with: "RCODE".utf8), digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = UInt16(digits), number < 4_096
    else { return nil }
    self.init(rawValue: number)
  }
}

extension ResponseCode: CustomStringConvertible {
  /// The mnemonic, or `RCODE` and the number where there is none here.
  public var description: String {
    Self.words.first { $0.0 == rawValue }?.1 ?? "RCODE\(rawValue)"
  }
}
