/// Cuts a stream into lines that end with LF, or CR and LF, which are taken off.
struct LineReader: Sendable {
  /// In bytes, without its end.
  static let longest = 8_192

  enum Event: Hashable {
    case more
    case line([UInt8])
    case tooLong
  }

  private var line: [UInt8] = []

  mutating func take(_ byte: UInt8) -> Event {
    guard byte == 10 else {
      line.append(byte)
      return line.count > Self.longest ? .tooLong : .more
    }
    if line.last == 13 { line.removeLast() }
    defer { line.removeAll(keepingCapacity: true) }
    return .line(line)
  }
}

/// The negotiations whose servers speak in lines.
enum LineNegotiation: Sendable {
  case smtp(SMTPNegotiation)
  case imap(IMAPNegotiation)
  case pop3(POP3Negotiation)
  case ftp(FTPNegotiation)

  mutating func take(_ line: [UInt8]) -> [NegotiationStep] {
    switch self {
    case .smtp(var negotiation):
      defer { self = .smtp(negotiation) }
      return negotiation.take(line)
    case .imap(var negotiation):
      defer { self = .imap(negotiation) }
      return negotiation.take(line)
    case .pop3(var negotiation):
      defer { self = .pop3(negotiation) }
      return negotiation.take(line)
    case .ftp(var negotiation):
      defer { self = .ftp(negotiation) }
      return negotiation.take(line)
    }
  }
}

/// A line of a reply with a code of three digits (RFC 5321 section 4.2, RFC 959 section 4.2).
struct CodedLine: Hashable, Sendable {
  var code: Int
  /// Whether no more lines of this reply follow.
  var isLast: Bool

  /// `nil` for any other line.
  init?(_ line: [UInt8]) {
    guard line.count >= 3, line[..<3].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    code = line[..<3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard line.count > 3 else {
      isLast = true
      return
    }
    switch line[3] {
    case 0x20: isLast = true
    case 0x2d: isLast = false
    default: return nil
    }
  }
}

extension [UInt8] {
  /// Whether it begins with these ASCII letters, in either case.
  func begins(with word: String) -> Bool {
    let wanted = Array(word.utf8)
    return count >= wanted.count
      && zip(self, wanted).allSatisfy { $0.lowerASCII == $1.lowerASCII }
  }
}

extension UInt8 {
  var lowerASCII: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}
