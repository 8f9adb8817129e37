/// STARTTLS of IMAP (RFC 9051 section 6.2.1).
struct IMAPNegotiation: Sendable {
  private var hasAsked = false

  mutating func take(_ line: [UInt8]) -> [NegotiationStep] {
    guard hasAsked else {
      if line.begins(with: "* OK") {
        hasAsked = true
        return [.say("a1 STARTTLS\r\n")]
      }
      // Once authenticated, STARTTLS is not allowed any more.
      guard line.begins(with: "* BYE") || line.begins(with: "* PREAUTH") else {
        return [.notSpoken("imap", line)]
      }
      return [.refused("the server greets with \"\(VisibleText.excerpt(line))\"")]
    }
    if line.begins(with: "* BYE") {
      return [.refused("the server ends with \"\(VisibleText.excerpt(line))\"")]
    }
    // Untagged data may come at any time.
    if line.begins(with: "* ") { return [] }
    if line.begins(with: "a1 OK") { return [.goAhead] }
    guard line.begins(with: "a1 NO") || line.begins(with: "a1 BAD") else {
      return [.notSpoken("imap", line)]
    }
    return [.refused("the server answers STARTTLS with \"\(VisibleText.excerpt(line))\"")]
  }
}

/// STLS of POP3 (RFC 2595 section 4).
struct POP3Negotiation: Sendable {
  private var hasAsked = false

  mutating func take(_ line: [UInt8]) -> [NegotiationStep] {
    if line.begins(with: "+OK") {
      if hasAsked { return [.goAhead] }
      hasAsked = true
      return [.say("STLS\r\n")]
    }
    guard line.begins(with: "-ERR") else { return [.notSpoken("pop3", line)] }
    let what = hasAsked ? "answers STLS" : "greets"
    return [.refused("the server \(what) with \"\(VisibleText.excerpt(line))\"")]
  }
}
