/// STARTTLS of SMTP: the greeting, EHLO and what it offers, STARTTLS and its go-ahead (RFC 3207).
struct SMTPNegotiation: Sendable {
  private enum State {
    /// The server's first reply; becomes `offer`.
    case greeting
    /// The reply to EHLO; becomes `goAhead`.
    case offer
    /// The reply to STARTTLS.
    case goAhead
  }

  private var state = State.greeting
  private var offersTLS = false
  /// The code of a reply whose lines have not all come.
  private var code: Int?

  mutating func take(_ line: [UInt8]) -> [NegotiationStep] {
    guard let coded = CodedLine(line) else { return [.notSpoken("smtp", line)] }
    if let code, code != coded.code { return [.notSpoken("smtp", line)] }
    if state == .offer, line.count > 4, Array(line[4...]).begins(with: "STARTTLS"),
      line.count == 12 || line[12] == 0x20
    {
      offersTLS = true
    }
    guard coded.isLast else {
      code = coded.code
      return []
    }
    code = nil
    switch state {
    case .greeting:
      guard coded.code == 220 else { return [refusal(coded.code, line, "greets")] }
      state = .offer
      return [.say("EHLO upblit.invalid\r\n")]
    case .offer:
      guard coded.code == 250 else { return [refusal(coded.code, line, "answers EHLO")] }
      guard offersTLS else { return [.refused("the server does not offer STARTTLS")] }
      state = .goAhead
      return [.say("STARTTLS\r\n")]
    case .goAhead:
      guard coded.code == 220 else { return [refusal(coded.code, line, "answers STARTTLS")] }
      return [.goAhead]
    }
  }

  /// Codes from 400 refuse; no other has a meaning here.
  private func refusal(_ code: Int, _ line: [UInt8], _ what: String) -> NegotiationStep {
    (400...599).contains(code)
      ? .refused("the server \(what) with \"\(VisibleText.excerpt(line))\"")
      : .notSpoken("smtp", line)
  }
}

/// AUTH TLS of FTP (RFC 4217).
struct FTPNegotiation: Sendable {
  private var hasAsked = false
  /// The code of a reply of several lines, which ends with a line that begins with it and a space
  /// (RFC 959 section 4.2); the lines between may say anything.
  private var code: Int?

  mutating func take(_ line: [UInt8]) -> [NegotiationStep] {
    let coded = CodedLine(line)
    if let code {
      guard let coded, coded.code == code, coded.isLast else { return [] }
      self.code = nil
      return end(coded.code, line)
    }
    guard let coded else { return [.notSpoken("ftp", line)] }
    guard coded.isLast else {
      code = coded.code
      return []
    }
    return end(coded.code, line)
  }

  private mutating func end(_ code: Int, _ line: [UInt8]) -> [NegotiationStep] {
    switch code {
    case 220 where !hasAsked:
      hasAsked = true
      return [.say("AUTH TLS\r\n")]
    // "Ready in so many minutes": the greeting follows.
    case 120 where !hasAsked: return []
    case 234 where hasAsked: return [.goAhead]
    case 400...599:
      let what = hasAsked ? "answers AUTH TLS" : "greets"
      return [.refused("the server \(what) with \"\(VisibleText.excerpt(line))\"")]
    default: return [.notSpoken("ftp", line)]
    }
  }
}
