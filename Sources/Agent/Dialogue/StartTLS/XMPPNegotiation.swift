/// STARTTLS of XMPP (RFC 6120 sections 4 and 5), as far as tags tell.
struct XMPPNegotiation: Sendable {
  private static let longestTag = 8_192

  private enum State {
    /// The server's stream and features; becomes `goAhead`.
    case features
    /// The answer to starttls.
    case goAhead
  }

  let opening: [UInt8]
  private var state = State.features
  private var offersTLS = false
  private var hasStream = false
  /// A tag that has begun, with its `<`.
  private var tag: [UInt8] = []
  /// The quote of the attribute's value within which the next byte stands.
  private var quote: UInt8?

  init(name: String) {
    var escaped = ""
    for scalar in name.unicodeScalars where scalar.value >= 0x20 {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case "'": escaped += "&apos;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    opening = Array(
      """
      <?xml version='1.0'?><stream:stream to='\(escaped)' version='1.0' xmlns='jabber:client' \
      xmlns:stream='http://etherx.jabber.org/streams'>
      """.utf8)
  }

  mutating func take(_ byte: UInt8) -> [NegotiationStep] {
    if tag.isEmpty {
      if byte == 0x3c {
        tag = [byte]
        return []
      }
      let isSpace = [9, 10, 13, 32].contains(byte)
      // Elements have texts; before the stream there is none.
      return isSpace || hasStream ? [] : [.notSpoken("xmpp", [byte])]
    }
    tag.append(byte)
    guard tag.count <= Self.longestTag else { return [.notSpoken("xmpp", tag)] }
    if let quote {
      if byte == quote { self.quote = nil }
      return []
    }
    if byte == 0x22 || byte == 0x27 { quote = byte }
    guard byte == 0x3e else { return [] }
    defer { tag = [] }
    return judge()
  }

  private mutating func judge() -> [NegotiationStep] {
    let isEnd = tag.count > 1 && tag[1] == 0x2f
    let isWhole = tag.count > 2 && tag[tag.count - 2] == 0x2f
    let name = tag.dropFirst(isEnd ? 2 : 1).prefix { ![9, 10, 13, 32, 0x2f, 0x3e].contains($0) }
    // Prefixes are the server's choice.
    let local = String(decoding: name.split(separator: 0x3a).last ?? [], as: UTF8.self)
    if name.first == 0x3f { return [] }
    guard hasStream else {
      guard local == "stream", !isEnd else { return [.notSpoken("xmpp", tag)] }
      hasStream = true
      return []
    }
    switch (state, local) {
    case (_, "error"): return [.refused("the server answers with a stream error")]
    case (_, "stream") where isEnd: return [.refused("the server ends the stream")]
    case (.features, "starttls"):
      offersTLS = true
      return []
    case (.features, "features") where isEnd || isWhole:
      guard offersTLS else { return [.refused("the server does not offer STARTTLS")] }
      state = .goAhead
      return [.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]
    case (.goAhead, "proceed"):
      // Of a pair of tags the second is still to come.
      return isWhole || isEnd ? [.goAhead] : []
    case (.goAhead, "failure"): return [.refused("the server refuses STARTTLS")]
    default: return []
    }
  }
}
