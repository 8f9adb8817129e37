/// StartTLS of LDAP: an ExtendedRequest and its ExtendedResponse, in BER (RFC 4511 section 4.14).
///
///     LDAPMessage ::= SEQUENCE { messageID INTEGER, ExtendedResponse }
///     ExtendedResponse ::= [APPLICATION 24] { resultCode ENUMERATED, matchedDN OCTET STRING,
///       diagnosticMessage OCTET STRING, ... }
struct LDAPNegotiation: Sendable {
  private static let longest = 16_384
  private static let name = "1.3.6.1.4.1.1466.20037"

  /// Message 1, [APPLICATION 23] with the request's name in context 0.
  static let request: [UInt8] = {
    let oid = Array(name.utf8)
    let extended: [UInt8] = [0x80, UInt8(oid.count)] + oid
    let message: [UInt8] = [0x02, 0x01, 0x01, 0x77, UInt8(extended.count)] + extended
    return [0x30, UInt8(message.count)] + message
  }()

  private var message: [UInt8] = []
  /// Where the message ends, once its length has come.
  private var end: Int?

  mutating func take(_ byte: UInt8) -> [NegotiationStep] {
    message.append(byte)
    if message.count == 1, byte != 0x30 { return [.notSpoken("ldap", message)] }
    if end == nil {
      var reader = BERReader(message[...])
      switch reader.head() {
      case .more: return []
      case .element(_, let length):
        guard length <= Self.longest else { return [.notSpoken("ldap", message)] }
        end = message.count + length
      case .invalid: return [.notSpoken("ldap", message)]
      }
    }
    guard message.count == end else { return [] }
    return judge()
  }

  private func judge() -> [NegotiationStep] {
    var outer = BERReader(message[...])
    guard var body = outer.content(of: 0x30), let id = body.content(of: 0x02),
      var response = body.content(of: 0x78), let code = response.content(of: 0x0a),
      code.bytes.count == 1, let number = code.bytes.first, [[0], [1]].contains(id.bytes)
    else { return [.notSpoken("ldap", message)] }
    // Message 0 is the server's own: that it goes away.
    if number == 0, id.bytes == [1] { return [.goAhead] }
    _ = response.content(of: 0x04)
    let text = response.content(of: 0x04).map { VisibleText.excerpt($0.bytes) } ?? ""
    return [.refused("the server answers StartTLS with result \(number) \"\(text)\"")]
  }
}

/// Reads elements of BER with definite lengths of up to four bytes (X.690 section 8.1).
struct BERReader {
  enum Head: Hashable {
    case more
    case element(tag: UInt8, length: Int)
    case invalid
  }

  private(set) var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  /// The tag and length at the front, which are taken off.
  mutating func head() -> Head {
    guard let tag = bytes.popFirst(), let first = bytes.popFirst() else { return .more }
    guard first >= 0x80 else { return .element(tag: tag, length: Int(first)) }
    let count = Int(first & 0x7f)
    guard (1...4).contains(count) else { return .invalid }
    guard bytes.count >= count else { return .more }
    let length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
    bytes = bytes.dropFirst(count)
    return .element(tag: tag, length: length)
  }

  /// The content of the element at the front, which is taken off, if it has this tag and is whole.
  mutating func content(of wanted: UInt8) -> BERReader? {
    guard case .element(wanted, let length) = head(), bytes.count >= length else { return nil }
    defer { bytes = bytes.dropFirst(length) }
    return BERReader(bytes.prefix(length))
  }
}
