import Model
import DNS

/// Feeds bytes to every reader of the domain name system: messages, what is made of their records,
/// lookups that are told of them, names, addresses, and the files of the host.
public func decodeNames(_ bytes: [UInt8]) {
  if let message = try? DNSMessage(decoding: bytes) {
    precondition(message.byteCount <= bytes.count)
    for record in message.answers + message.authorities {
      precondition(record.name.bytes.count <= DomainName.mostBytes)
      let text = "\(record)"
      precondition(text.utf8.allSatisfy { (0x20...0x7e).contains($0) }, text)
    }
    _ = message.extended?.extendedErrors
    _ = message.extended?.cookie
    _ = message.negativeTTL
    _ = message.isReferral
  }
  for type in [RecordType.a, .any, .https] {
    for transport in [LookupTransport.udp, .tls] { tellLookup(bytes, type, over: transport) }
  }
  _ = ResolverConfiguration(parsing: bytes).policy
  _ = HostsFile(parsing: bytes)
  let text = String(decoding: bytes.prefix(300), as: UTF8.self)
  if let name = try? DomainName(text) {
    precondition((try? DomainName("\(name)")) == name, "\(name)")
  }
  if let address = IPAddress(text: text) {
    precondition(IPAddress(text: "\(address)") == address)
  }
  for type in [RecordType.a, .txt, .mx, .srv] { _ = try? ExpectedAnswer(text, type) }
  for transport in [LookupTransport.udp, .tls, .https] {
    guard let server = DNSQuestion.NameServer(text: text, over: transport) else { continue }
    precondition(server.port > 0 && !server.host.isEmpty && server.path.hasPrefix("/"), text)
    precondition(!transport.isEncrypted || !server.host.utf8.contains { $0 == 0x40 || $0 == 0x2f })
  }
}

/// Lets a lookup hear the bytes as the answer to its own question, whatever they are.
private func tellLookup(_ bytes: [UInt8], _ type: RecordType, over transport: LookupTransport) {
  var generator = SeededGenerator(seed: 1)
  let server = ServerAddress(.ipv4(0x7f00_0001), identity: .init(host: "a.example"))
  var policy = LookupPolicy()
  policy.transport = transport
  var lookup = Lookup(
    SampleMessages.name, type, servers: [server, server], policy: policy, deadlineUs: 1_000_000)
  var steps = lookup.begin(nowUs: 0, using: &generator)
  // Each step that asks is answered with the same bytes, under the right id, until it has ended.
  var index = 0
  while index < steps.count {
    switch steps[index] {
    case .send(let attempt, let message, _), .connect(let attempt, let message, _):
      steps += lookup.received(
        Array(message.prefix(2)) + bytes.dropFirst(2), from: server.address, port: server.port,
        on: attempt, nowUs: 1, using: &generator)
    case .exchange(let attempt, let message, _, _):
      steps += lookup.received(
        Array(message.prefix(2)) + bytes.dropFirst(2), on: attempt, nowUs: 1, using: &generator)
    case .close, .finish: break
    }
    index += 1
  }
  precondition(index < 400)
}
