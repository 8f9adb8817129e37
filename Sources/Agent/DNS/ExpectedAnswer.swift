import Model

/// Why a text can't be an answer of a type.
public enum ExpectedAnswerError: Error, Hashable, Sendable {
  case notAnAddress(String, RecordType)
  case notAName(String, RecordType, DomainNameError)
  case empty
}

extension ExpectedAnswerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAnAddress(let text, let type):
      "\"\(text)\" can't be an answer of type \(type), which is an IPv\(type == .a ? 4 : 6) address"
    case .notAName(let text, let type, let error):
      "\"\(text)\" can't be an answer of type \(type), which is a name: \(error)"
    case .empty: "an expected answer is empty"
    }
  }
}

/// One record that is expected, in the form in which it is compared: addresses as numbers, names
/// whatever their case and with or without their last dot, TXT by what its strings say together, all
/// else as its text in a master file.
public struct ExpectedAnswer: Hashable, Sendable {
  private enum Form: Hashable, Sendable {
    case address(IPAddress)
    case name(DomainName)
    /// MX: a preference may be left out.
    case mail(preference: UInt16?, DomainName)
    case content([UInt8])
    case text(String)
  }

  /// As it was written.
  public let text: String
  private let form: Form

  /// Reads what a person expects of a record of a type.
  public init(_ text: String, _ type: RecordType) throws(ExpectedAnswerError) {
    self.text = text
    let words = TextLines.words(Array(text.utf8)[...])
    guard !words.isEmpty || type == .txt || type == .spf else { throw .empty }
    func name(_ word: ArraySlice<UInt8>) throws(ExpectedAnswerError) -> DomainName {
      do { return try DomainName.parse(word).name } catch { throw .notAName(text, type, error) }
    }
    switch type {
    case .a, .aaaa:
      guard words.count == 1, let address = IPAddress(text: words[0]),
        address.isIPv6 == (type == .aaaa)
      else { throw .notAnAddress(text, type) }
      form = .address(address)
    case .ns, .cname, .ptr, .dname:
      guard words.count == 1 else { throw .notAName(text, type, .badCharacter(0x20)) }
      form = .name(try name(words[0]))
    case .mx:
      switch words.count {
      case 1: form = .mail(preference: nil, try name(words[0]))
      case 2:
        guard let preference = UInt16(String(decoding: words[0], as: UTF8.self)) else {
          throw .notAName(text, type, .badCharacter(0x20))
        }
        form = .mail(preference: preference, try name(words[1]))
      default: throw .notAName(text, type, .badCharacter(0x20))
      }
    case .txt, .spf:
      form = .content(Self.content(of: Array(text.utf8)))
    default:
      form = .text(Self.compared(text, type))
    }
  }

  /// Whether a record's data are what is expected.
  public func matches(_ data: RecordData, _ type: RecordType) -> Bool {
    switch (form, data) {
    case (.address(let expected), .address(let found)): expected == found
    case (.name(let expected), .name(let found)): expected == found
    case (.mail(let preference, let expected), .mailExchange(let number, let exchange)):
      expected == exchange && (preference ?? number) == number
    case (.content(let expected), .text(let strings)): expected == strings.flatMap(\.self)
    case (.text(let expected), _): expected == Self.compared("\(data)", type)
    case (.address, _), (.name, _), (.mail, _), (.content, _): false
    }
  }

  /// The bytes that a TXT record's strings make together: as they stand, or out of quotes.
  private static func content(of text: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    guard text.count >= 2, text.first == quote, text.last == quote else { return text }
    var content: [UInt8] = []
    var isInside = false
    var position = 0
    while position < text.count {
      let byte = text[position]
      position += 1
      switch byte {
      case quote: isInside.toggle()
      case UInt8(ascii: "\\") where isInside && position < text.count:
        let digits = text[position...].prefix(3)
        if digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }) {
          let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
          content.append(UInt8(truncatingIfNeeded: value))
          position += 3
        } else {
          content.append(text[position])
          position += 1
        }
      default:
        if isInside { content.append(byte) }
      }
    }
    return content
  }

  /// A text without what makes no difference: blanks, and case where no letter's case means anything.
  private static func compared(_ text: String, _ type: RecordType) -> String {
    let words = TextLines.words(Array(text.utf8)[...]).map { word -> [UInt8] in
      switch type {
      case .srv, .soa, .nsec:
        // Names and numbers.
        let folded = word.map(DomainName.folded)
        return folded.count > 1 && folded.last == UInt8(ascii: ".")
          ? Array(folded.dropLast()) : folded
      case .ds, .tlsa, .sshfp: return word.map(DomainName.folded)
      case .caa: return word.filter { $0 != UInt8(ascii: "\"") }
      default: return Array(word)
      }
    }
    return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }
}
