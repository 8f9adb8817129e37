extension ConditionFacts {
  /// The value of a fact that is a whole number.
  func whole(_ fact: Fact) -> Int64? {
    switch fact {
    case .status: status
    case .responseTime: responseTimeMs
    case .dnsTime: dnsTimeMs
    case .connectTime: connectTimeMs
    case .tlsTime: tlsTimeMs
    case .firstByteTime: firstByteTimeMs
    case .certificateExpiration: certificate?.expiresInMs
    case .chainExpiration: certificate?.chainExpiresInMs
    case .domainExpiration: domainExpiresInMs
    case .bodySize: bodySize ?? body.map { Int64($0.count) }
    case .redirects: redirects
    case .dnsTTL: dns?.ttl
    case .packetLoss: packetLoss
    case .jitter: jitterMs
    case .grpcStatus: grpcStatus
    case .closeCode: closeCode
    default: nil
    }
  }

  /// The value of a fact that is one text or number; `nil` of what is missing, of lists, headers
  /// and the body.
  func single(_ fact: Fact) -> FactValue? {
    switch fact {
    case .connected: isConnected.map { .truth($0) }
    case .address: address.map { .text($0) }
    case .httpVersion: httpVersion.map { Self.version($0, of: fact) }
    case .tlsVersion: tlsVersion.map { Self.version($0, of: fact) }
    case .tlsCipher: tlsCipher.map { .text($0) }
    case .finalURL: finalURL.map { .text($0) }
    case .bodyDigest: bodyDigest.map { .text(Digest.hexadecimal($0)) }
    case .certificateSubject: certificate?.subject.map { .text($0) }
    case .certificateIssuer: certificate?.issuer.map { .text($0) }
    case .certificateSerial: certificate?.serial.map { .text($0) }
    case .certificateDigest: certificate?.digest.map { .text(Digest.hexadecimal($0)) }
    case .ocspStatus: certificate?.ocspStatus.map { .text($0) }
    case .dnsCode: dns?.code.map { .text($0.uppercased()) }
    case .dnsAuthenticated: dns?.isAuthenticated.map { .truth($0) }
    case .dnsAuthoritative: dns?.isAuthoritative.map { .truth($0) }
    default: whole(fact).map { .whole($0) }
    }
  }

  /// The values of a list, or of a header by its name in lower case.
  func list(_ fact: Fact, header name: String) -> [String] {
    switch fact {
    case .headers: headers.filter { Self.isSame($0.name, name) }.map(\.value)
    case .certificateNames: certificate?.names ?? []
    case .dnsAnswers, .body: dns?.answers ?? []
    case .dnsSerials: dns?.serials ?? []
    default: []
    }
  }

  /// The body without white space at its ends; `nil` inside where there is no body, outside where to
  /// look at the white space costs more than there is. Four bytes are a step.
  func trimmedBody(steps: inout Int) -> ArraySlice<UInt8>?? {
    guard let body else { return .some(nil) }
    let first = body.firstIndex { !JSONText.isSpace($0) } ?? body.count
    var end = body.count
    while end > first, JSONText.isSpace(body[end - 1]) { end -= 1 }
    let cost = (first + body.count - end) / 4
    guard cost <= steps else {
      steps = 0
      return nil
    }
    steps -= cost
    return .some(body[first..<end])
  }

  private static func version(_ text: String, of fact: Fact) -> FactValue {
    guard case .version(let words) = fact.shape else { return .text(text) }
    for word in words where text.hasPrefix(word) {
      let number = Array(text.utf8.dropFirst(word.utf8.count))
      if ExactNumber(decimal: number[...]) != nil { return .number(number[...]) }
    }
    return ExactNumber(decimal: Array(text.utf8)[...]) == nil
      ? .text(text) : .number(Array(text.utf8)[...])
  }

  /// Whether a name is the one given in lower case.
  private static func isSame(_ name: String, _ lower: String) -> Bool {
    name.utf8.count == lower.utf8.count
      && zip(name.utf8, lower.utf8).allSatisfy { byte, other in
        byte == other
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            && byte | 0x20 == other
      }
  }
}
