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
    let transport = Self.transport(check.transport)
    if transport.isEncrypted {
      guard case .these = check.servers else {
        throw DNSQuestionError(
          member: "transport",
          detail: "can be tls or https only where servers are named: those of the agent's host and"
            + " of a zone are asked in clear")
      }
    }
    self.init(
      name, type, servers: try Self.servers(check.servers, transport), asksEach: check.asksEach,
      transport: transport, tls: check.tls, wantsRecursion: check.wantsRecursion,
      expectation: try Self.expectation(check, type))
    if let problem {
      throw DNSQuestionError(member: "servers", detail: "make no check: \(problem)")
    }
  }

  private static func transport(_ transport: DNSCheck.Transport) -> LookupTransport {
    switch transport {
    case .udp: .udp
    case .tcp: .tcp
    case .tls: .tls
    case .https: .https
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
    _ servers: DNSCheck.Servers, _ transport: LookupTransport
  ) throws(DNSQuestionError) -> Servers {
    switch servers {
    case .system: return .system
    case .zone(let zone): return .zone(try name(zone, "zone"))
    case .these(let texts):
      var named: [NameServer] = []
      for text in texts {
        guard let server = NameServer(text: text, over: transport) else {
          throw DNSQuestionError(member: "servers", detail: forms(of: transport))
        }
        named.append(server)
      }
      return .these(named)
    }
  }

  /// How servers are written, for whoever wrote them otherwise.
  private static func forms(of transport: LookupTransport) -> String {
    let hosts =
      "must be hosts, with a port behind a colon where it is not \(transport.commonPort),"
    switch transport {
    case .udp, .tcp: return hosts + " as in 192.0.2.53, [2001:db8::53]:5353 or ns1.example.org"
    case .tls: return hosts + " as in 192.0.2.53, [2001:db8::53]:8853 or dns.example.org"
    case .https:
      return hosts + " or URLs, as in dns.example.org or https://dns.example.org/dns-query"
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
