public import Model

/// What of a dns check can't be asked.
public struct DNSQuestionError: Error, Hashable, Sendable {
  /// Which member of the check's document it is about, such as `name`.
  public var member: String
  /// What is wrong with it, as the rest of a sentence.
  public var detail: String
}

extension DNSQuestion {
  /// What a dns check asks.
  public init(_ check: DNSCheck) throws(DNSQuestionError) {
    guard check.family != .both else {
      throw DNSQuestionError(
        member: "family",
        detail: "can't be both: a dns check asks name servers and connects to no target")
    }
    let name = try Self.name(check.name, "name")
    guard let type = RecordType(word: check.type), type != .opt else {
      throw DNSQuestionError(
        member: "type", detail: "must be a type of record such as AAAA or TYPE65")
    }
    self.init(
      name, type, servers: try Self.servers(check.servers), asksEach: check.asksEach,
      transport: check.transport == .tcp ? .tcp : .udp, wantsRecursion: check.wantsRecursion,
      expectation: try Self.expectation(check, type))
    if let problem {
      throw DNSQuestionError(member: "servers", detail: "make no check: \(problem)")
    }
  }

  private static func name(
    _ text: String, _ member: String
  ) throws(DNSQuestionError) -> DomainName {
    do {
      return try DomainName.parse(Array(text.utf8)[...]).name
    } catch {
      throw DNSQuestionError(member: member, detail: "is no name that can be asked for: \(error)")
    }
  }

  private static func servers(
    _ servers: DNSCheck.Servers
  ) throws(DNSQuestionError) -> Servers {
    switch servers {
    case .system: return .system
    case .zone(let zone): return .zone(try name(zone, "zone"))
    case .these(let texts):
      var named: [NameServer] = []
      for text in texts {
        guard let server = NameServer(text: text) else {
          throw DNSQuestionError(
            member: "servers",
            detail: "must be hosts, with a port behind a colon where it is not 53, as in"
              + " 192.0.2.53, [2001:db8::53]:5353 or ns1.example.org")
        }
        named.append(server)
      }
      return .these(named)
    }
  }

  private static func expectation(
    _ check: DNSCheck, _ type: RecordType
  ) throws(DNSQuestionError) -> DNSExpectation {
    var expectation = DNSExpectation()
    expectation.responseCodes = []
    for word in check.codes {
      guard let code = ResponseCode(word: word) else {
        throw DNSQuestionError(member: "rcode", detail: "must be codes such as NOERROR or NXDOMAIN")
      }
      expectation.responseCodes.append(code)
    }
    expectation.answers =
      switch check.answers {
      case .some: .some
      case .none: .none
      case .any(let texts): .any(try answers(texts, type))
      case .all(let texts): .all(try answers(texts, type))
      case .exactly(let texts): .exactly(try answers(texts, type))
      }
    expectation.needsAuthority = check.needsAuthority
    expectation.needsAuthenticData = check.needsAuthenticData
    if check.leastTTL != nil || check.mostTTL != nil {
      let least = check.leastTTL ?? 0
      let most = check.mostTTL ?? .max
      guard least <= most else {
        throw DNSQuestionError(member: "ttl", detail: "has a min above its max")
      }
      expectation.ttl = least...most
    }
    expectation.serialsAgree = check.serialsAgree
    return expectation
  }

  private static func answers(
    _ texts: [String], _ type: RecordType
  ) throws(DNSQuestionError) -> [ExpectedAnswer] {
    var answers: [ExpectedAnswer] = []
    for text in texts {
      do {
        answers.append(try ExpectedAnswer(text, type))
      } catch {
        throw DNSQuestionError(member: "answers", detail: "can't come: \(error)")
      }
    }
    return answers
  }
}

extension DNSQuestion.NameServer {
  /// Reads `host`, `host:port`, an IPv6 address, or one in brackets with a port.
  public init?(text: String) {
    let bytes = Array(text.utf8)
    let colons = bytes.count { $0 == UInt8(ascii: ":") }
    var host = bytes[...]
    var port = ServerAddress.commonPort
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      host = bytes[1..<end]
      guard IPAddress(text: host)?.isIPv6 == true else { return nil }
      let rest = bytes[(end + 1)...]
      if !rest.isEmpty {
        guard rest.first == UInt8(ascii: ":"), let number = Self.port(rest.dropFirst()) else {
          return nil
        }
        port = number
      }
    } else if colons == 1, let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
      guard let number = Self.port(bytes[(colon + 1)...]) else { return nil }
      host = bytes[..<colon]
      port = number
    } else if colons > 1, IPAddress(text: host) == nil {
      return nil
    }
    let isName = (try? DomainName.parse(host)) != nil
    guard !host.isEmpty, IPAddress(text: host) != nil || isName else { return nil }
    self.init(String(decoding: host, as: UTF8.self), port: port)
  }

  private static func port(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt16(String(decoding: digits, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
  }
}
