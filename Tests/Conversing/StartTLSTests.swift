import Dialogue
import Model
import Testing

@Suite struct StartTLSTests {
  /// A whole conversation: what the server says, and what must have come of it.
  struct Row: Sendable, CustomTestStringConvertible {
    var kind: StartTLSProtocol
    var heard: [UInt8]
    var reason: Reason?

    init(_ kind: StartTLSProtocol, _ heard: String, _ reason: Reason? = nil) {
      self.init(kind, Array(heard.utf8), reason)
    }

    init(_ kind: StartTLSProtocol, _ heard: [UInt8], _ reason: Reason? = nil) {
      self.kind = kind
      self.heard = heard
      self.reason = reason
    }

    var testDescription: String { "\(kind) \(VisibleText.excerpt(heard))" }
  }

  private static func steps(
    _ kind: StartTLSProtocol, _ pieces: [[UInt8]]
  ) -> [StartTLSNegotiation.Step] {
    var negotiation = StartTLSNegotiation(kind, name: "mail.example")
    var result = negotiation.begin()
    for piece in pieces { result += negotiation.take(piece) }
    return result
  }

  private static func reason(_ steps: [StartTLSNegotiation.Step]) -> Reason? {
    guard case .failed(let failure) = steps.last else { return nil }
    return failure.reason
  }

  /// Protocol version 10, its name, thread, salt, and capabilities with or without CLIENT_SSL.
  static func greeting(mysql capabilities: [UInt8]) -> [UInt8] {
    let payload =
      [10] + Array("8.0.36".utf8) + [0] + [1, 0, 0, 0] + [UInt8](repeating: 7, count: 8) + [0]
      + capabilities + [45, 2, 0, 0, 0]
    return [UInt8(payload.count), 0, 0, 0] + payload
  }

  static func answer(
    ldap code: UInt8, id: UInt8 = 1, tag: UInt8 = 0x78, text: String = ""
  ) -> [UInt8] {
    let response = [0x0a, 1, code, 4, 0, 4, UInt8(text.utf8.count)] + Array(text.utf8)
    let message = [2, 1, id, tag, UInt8(response.count)] + response
    return [0x30, UInt8(message.count)] + message
  }

  static func error(postgres text: String) -> [UInt8] {
    let fields = Array("SFATAL\0C28000\0M\(text)\0\0".utf8)
    return [0x45, 0, 0, 0, UInt8(fields.count + 4)] + fields
  }

  static let xmppStream =
    "<?xml version='1.0'?>\n<stream:stream id='a>b' xmlns='jabber:client' version='1.0'>"

  static let good: [(Row, said: [String])] = [
    (
      Row(.smtp, "220-a\r\n220 mail\r\n250-mail\r\n250-PIPELINING\r\n250 STARTTLS\r\n220 go\r\n"),
      ["EHLO upblit.invalid\r\n", "STARTTLS\r\n"]
    ),
    (
      Row(.smtp, "220 mail\n250-x\n250-starttls\n250 HELP\n220\n"),
      ["EHLO upblit.invalid\r\n", "STARTTLS\r\n"]
    ),
    (Row(.imap, "* OK ready\r\n* CAPABILITY x\r\na1 OK begin\r\n"), ["a1 STARTTLS\r\n"]),
    (Row(.pop3, "+OK ready\r\n+OK begin\r\n"), ["STLS\r\n"]),
    (
      Row(.ftp, "120 soon\r\n220-hello\r\n220-x\r\n 220 not yet\r\nany\r\n220 done\r\n234 go\r\n"),
      ["AUTH TLS\r\n"]
    ),
    (
      Row(
        .xmpp,
        xmppStream
          + """
          <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>\
          <mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>\
          <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
          """),
      [
        "<?xml version='1.0'?><stream:stream to='mail.example' version='1.0' xmlns='jabber:client'"
          + " xmlns:stream='http://etherx.jabber.org/streams'>",
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
      ]
    ),
  ]

  @Test(arguments: good)
  func `a server that does TLS is asked for it, however its replies are cut`(
    row: Row, said: [String]
  ) {
    for pieces in everySplit(row.heard) {
      let expected: [StartTLSNegotiation.Step] = said.map { .send(Array($0.utf8)) } + [.beginTLS]
      #expect(Self.steps(row.kind, pieces) == expected)
    }
  }

  static let binary: [Row] = [
    Row(.ldap, answer(ldap: 0)), Row(.postgres, "S"),
    Row(.mysql, greeting(mysql: [0xff, 0xff])), Row(.mysql, greeting(mysql: [0, 0x08])),
  ]

  @Test(arguments: binary)
  func `so is one that speaks in bytes`(row: Row) {
    for pieces in everySplit(row.heard) {
      let steps = Self.steps(row.kind, pieces)
      #expect(steps.count == 2 && steps.last == .beginTLS)
    }
  }

  @Test func `what is said in bytes is right to the byte`() {
    #expect(Self.steps(.postgres, []) == [.send([0, 0, 0, 8, 4, 210, 22, 47])])
    let oid = Array("1.3.6.1.4.1.1466.20037".utf8)
    #expect(
      Self.steps(.ldap, []) == [
        .send([0x30, 0x1d, 2, 1, 1, 0x77, 0x18, 0x80, 0x16] + oid)
      ])
    let steps = Self.steps(.mysql, [Self.greeting(mysql: [0, 0x08])])
    #expect(
      steps.first
        == .send(
          [32, 0, 0, 1, 1, 0x8a, 8, 0, 0, 0, 0, 1, 45] + [UInt8](repeating: 0, count: 23)))
  }

  static let bad: [Row] = [
    // They speak the protocol, and do not do TLS.
    Row(.smtp, "220 a\r\n250-x\r\n250 HELP\r\n", .replyStatus),
    Row(.smtp, "220 a\r\n250 STARTTLSX\r\n", .replyStatus),
    Row(.smtp, "554 no service\r\n", .replyStatus),
    Row(.smtp, "220 a\r\n502 what\r\n", .replyStatus),
    Row(.smtp, "220 a\r\n250 STARTTLS\r\n454 not now\r\n", .replyStatus),
    Row(.imap, "* BYE full\r\n", .replyStatus), Row(.imap, "* PREAUTH hi\r\n", .replyStatus),
    Row(.imap, "* OK\r\na1 NO\r\n", .replyStatus), Row(.imap, "* OK\r\na1 BAD x\r\n", .replyStatus),
    Row(.imap, "* OK\r\n* BYE\r\n", .replyStatus),
    Row(.pop3, "-ERR busy\r\n", .replyStatus), Row(.pop3, "+OK\r\n-ERR no\r\n", .replyStatus),
    Row(.ftp, "421 busy\r\n", .replyStatus), Row(.ftp, "220 a\r\n502 no\r\n", .replyStatus),
    Row(.ftp, "220 a\r\n534-no\r\nwhy\r\n534 no\r\n", .replyStatus),
    Row(.ldap, answer(ldap: 2, text: "unsupported"), .replyStatus),
    Row(.ldap, answer(ldap: 52, id: 0), .replyStatus),
    Row(.ldap, answer(ldap: 0, id: 0), .replyStatus),
    Row(.postgres, "N", .replyStatus), Row(.postgres, error(postgres: "no"), .replyStatus),
    Row(.mysql, greeting(mysql: [0xff, 0xf7]), .replyStatus),
    Row(.mysql, [9, 0, 0, 0, 255, 0x6a, 4] + text("nohost"), .replyStatus),
    Row(.xmpp, xmppStream + "<stream:features/>", .replyStatus),
    Row(.xmpp, xmppStream + "<stream:error><x/></stream:error>", .replyStatus),
    Row(.xmpp, xmppStream + "<f:features><starttls/></f:features><failure/>", .replyStatus),
    Row(.xmpp, xmppStream + "</stream:stream>", .replyStatus),
    // They speak something else.
    Row(.smtp, "SSH-2.0-OpenSSH_9.2\r\n", .protocolInvalid),
    Row(.smtp, "220-a\r\n250 b\r\n", .protocolInvalid),
    Row(.smtp, "220_a\r\n", .protocolInvalid), Row(.smtp, "22\r\n", .protocolInvalid),
    Row(.smtp, "250 a\r\n", .protocolInvalid), Row(.smtp, "\r\n", .protocolInvalid),
    Row(.imap, "+OK pop\r\n", .protocolInvalid), Row(.imap, "* OK\r\nb2 OK\r\n", .protocolInvalid),
    Row(.pop3, "* OK imap\r\n", .protocolInvalid), Row(.pop3, "+OK\r\n220\r\n", .protocolInvalid),
    Row(.ftp, "HTTP/1.1 400 Bad Request\r\n", .protocolInvalid),
    Row(.ftp, "220 a\r\n220 b\r\n", .protocolInvalid),
    Row(.ldap, "H", .protocolInvalid), Row(.ldap, [0x30, 0x85], .protocolInvalid),
    Row(.ldap, [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], .protocolInvalid),
    Row(.ldap, [0x30, 0x80], .protocolInvalid),
    Row(.ldap, answer(ldap: 0, id: 2), .protocolInvalid),
    Row(.ldap, answer(ldap: 0, tag: 0x61), .protocolInvalid),
    Row(.ldap, [0x30, 3, 2, 9, 1], .protocolInvalid),
    Row(.postgres, "H", .protocolInvalid),
    Row(.postgres, [0x45, 0xff, 0xff, 0xff, 0xff], .protocolInvalid),
    Row(.postgres, [0x45, 0, 0, 0, 3], .protocolInvalid),
    Row(.mysql, "220 mail ready\r\n", .protocolInvalid),
    Row(.mysql, [0, 0, 0, 0], .protocolInvalid), Row(.mysql, [5, 0, 0, 0, 9], .protocolInvalid),
    Row(.mysql, [3, 0, 0, 0, 10, 49, 50], .protocolInvalid),
    Row(.mysql, [3, 0, 0, 0, 10, 49, 0], .protocolInvalid),
    Row(.mysql, [2, 0, 0, 0, 255, 1], .protocolInvalid),
    Row(.xmpp, "HTTP/1.1 400\r\n\r\n", .protocolInvalid),
    Row(.xmpp, "<html><body>", .protocolInvalid),
  ]

  @Test(arguments: bad)
  func `a refusal and another protocol are told apart, however they are cut`(row: Row) {
    for pieces in everySplit(row.heard) {
      #expect(Self.reason(Self.steps(row.kind, pieces)) == row.reason, "\(pieces)")
    }
  }

  @Test(arguments: good.map(\.0) + binary)
  func `bytes behind the go-ahead fail, since anyone may have put them there`(row: Row) {
    let steps = Self.steps(row.kind, [row.heard + [0x16]])
    #expect(Self.reason(steps) == .protocolInvalid)
    #expect(!steps.contains(.beginTLS))
  }

  @Test(arguments: StartTLSProtocol.allCases)
  func `nobody is listened to for ever`(kind: StartTLSProtocol) {
    let endless: [UInt8] =
      switch kind {
      case .smtp: Array("220-more\r\n".utf8)
      case .imap: Array("* OK more\r\n".utf8)
      case .ftp: Array("220-more\r\n".utf8)
      case .pop3: Array("+O".utf8)
      case .xmpp: Array("<?more?>".utf8)
      case .ldap, .postgres, .mysql: [0x30]
      }
    var negotiation = StartTLSNegotiation(kind, name: nil)
    var count = 0
    var failure: Failure?
    while failure == nil, count <= StartTLSNegotiation.mostBytes {
      for step in negotiation.take(endless) {
        if case .failed(let found) = step { failure = found }
      }
      count += endless.count
    }
    #expect(failure?.reason == .protocolInvalid)
    #expect(negotiation.take(endless) == [])
  }

  @Test func `a peer that closes is told by whether it said anything`() {
    var negotiation = StartTLSNegotiation(.smtp, name: nil)
    #expect(negotiation.closedFailure.reason == .tcpClosed)
    _ = negotiation.take(text("220"))
    #expect(negotiation.closedFailure.reason == .protocolInvalid)
  }

  @Test func `a name is put into xmpp as text`() {
    let negotiation = StartTLSNegotiation(.xmpp, name: "a'><b & c\r\n")
    guard case .send(let bytes) = negotiation.begin().first else { return }
    #expect(String(decoding: bytes, as: UTF8.self).contains("to='a&apos;>&lt;b &amp; c' "))
  }
}
