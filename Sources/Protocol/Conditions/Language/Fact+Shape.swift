extension Fact {
  /// What sort of value a fact has, and so what it may be compared with.
  enum Shape: Hashable, Sendable {
    case number
    /// Milliseconds; also compared with a duration.
    case milliseconds
    /// Whole seconds; also compared with a duration.
    case seconds
    /// `true` or `false`.
    case truth
    /// A text with no order.
    case text
    /// Several texts.
    case list
    /// A number behind one of these words, such as `TLSv1.3`.
    case version([String])
    /// A SHA-256 in hexadecimal digits.
    case digest
    /// The name of a DNS response code.
    case dnsCode
    /// A header, by its name: several texts.
    case header
    /// A body, or what a path leads to: text, number or more.
    case body
  }

  var shape: Shape {
    switch self {
    case .status, .bodySize, .redirects, .packetLoss, .grpcStatus, .closeCode: .number
    case .responseTime, .dnsTime, .connectTime, .tlsTime, .firstByteTime, .jitter,
      .certificateExpiration, .chainExpiration, .domainExpiration:
      .milliseconds
    case .dnsTTL: .seconds
    case .connected, .dnsAuthenticated, .dnsAuthoritative: .truth
    case .address, .finalURL, .tlsCipher, .certificateSubject, .certificateIssuer,
      .certificateSerial, .ocspStatus:
      .text
    case .certificateNames, .dnsAnswers, .dnsSerials: .list
    case .httpVersion: .version(["HTTP/"])
    case .tlsVersion: .version(["TLSv", "TLS"])
    case .bodyDigest, .certificateDigest: .digest
    case .dnsCode: .dnsCode
    case .headers: .header
    case .body: .body
    }
  }

  /// The names of DNS response codes (IANA's registry), as dig and Gatus print them.
  static let dnsCodes: Set<String> = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE", "BADSIG", "BADVERS", "BADKEY", "BADTIME", "BADMODE",
    "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE",
  ]
}

extension Fact.Shape {
  /// Whether `<` and its like make sense.
  var isOrdered: Bool {
    switch self {
    case .number, .milliseconds, .seconds, .version, .header, .body: true
    case .truth, .text, .list, .digest, .dnsCode: false
    }
  }

  /// Whether there may be several values, or none.
  var isSeveral: Bool { self == .list || self == .header }

  /// What is expected in the place of a value, for messages.
  var expected: String {
    switch self {
    case .number: "a number"
    case .milliseconds:
      "a number of milliseconds, or a duration such as 500ms, 30s, 1h30m or 14d,"
    case .seconds: "a number of seconds, or a duration such as 30s, 1h30m or 14d,"
    case .truth: "true or false"
    case .text, .list, .header, .body: "a value"
    case .version(let words): "a version such as 1.1, 2 or \(words[0])1.2"
    case .digest: "a SHA-256 of 64 hexadecimal digits"
    case .dnsCode: "a response code such as NOERROR, NXDOMAIN or SERVFAIL"
    }
  }
}
