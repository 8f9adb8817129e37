import DNS
import Testing
import WireFuzzing

@Suite struct MessageTests {
  @Test func `a query has the bytes of RFC 1035`() {
    let query = DNSQuery(id: 0xbeef, name: domain("www.example.org"), type: .a)
    #expect(
      query.encoded()
        == bytes(
          """
          beef 0100 0001 0000 0000 0000       ; id, RD, one question
          03 777777 07 6578616d706c65 03 6f7267 00
          0001 0001
          """))
  }

  @Test func `a query with EDNS, DO, AD, CD and a cookie has the bytes of RFC 6891 and 7873`() {
    let query = DNSQuery(
      id: 1, name: .root, type: .ns, wantsRecursion: false, wantsAuthenticData: true,
      disablesChecking: true,
      extended: ExtendedDNS(
        wantsSignatures: true,
        options: [.cookie(client: 0x0102_0304_0506_0708, server: [UInt8](repeating: 9, count: 8))]))
    #expect(
      query.encoded()
        == bytes(
          """
          0001 0030 0001 0000 0000 0001
          00 0002 0001
          00 0029 04d0 00 00 8000 0014        ; root, OPT, 1232 bytes, version 0, DO
          000a 0010 0102030405060708 0909090909090909
          """))
  }

  @Test func `options that would make a query too large are left out`() {
    let option = ExtendedDNS.Option(code: 12, value: [UInt8](repeating: 0, count: 150))
    let query = DNSQuery(
      id: 1, name: .root, type: .ns, extended: ExtendedDNS(options: [option, option]))
    #expect(query.encoded().count == 12 + 5 + 11 + 154)
  }

  @Test func `an answer with compressed names is read`() throws {
    let message = try DNSMessage(
      decoding: bytes(
        """
        1234 8580 0001 0002 0001 0001       ; QR AA RD RA
        03 777777 07 6578616d706c65 03 6f7267 00 0001 0001
        c00c 0005 0001 0000012c 0006 03 776562 c010      ; www CNAME web.example.org
        c02d 0001 0001 80000001 0004 c0000201            ; a time to live with its highest bit set
        c010 0002 0001 00000e10 0006 03 6e7331 c010
        00 0029 1000 01 00 8000 000e                     ; extended code 1, DO
        000f 000a 0006 68656c6c6f212122
        """))
    #expect(message.id == 0x1234)
    #expect(
      message.flags == [.response, .authoritative, .recursionDesired, .recursionAvailable])
    #expect(message.questions == [.init(name: domain("www.example.org"), type: .a)])
    #expect(
      message.answers.map { "\($0)" } == [
        "www.example.org. 300 IN CNAME web.example.org.", "web.example.org. 0 IN A 192.0.2.1",
      ])
    #expect(message.authorities.map { "\($0)" } == ["example.org. 3600 IN NS ns1.example.org."])
    #expect(message.responseCode == .badVersion)
    let extended = try #require(message.extended)
    #expect(extended.payloadBytes == 4_096)
    #expect(extended.wantsSignatures)
    #expect(extended.extendedErrors == ["6 DNSSEC Bogus: \"hello!!\\\"\""])
    #expect(message.byteCount == 12 + 21 + 18 + 16 + 18 + 11 + 14)
  }

  @Test(
    arguments: [
      (0x8000, MessageFlags.response), (0x0400, .authoritative), (0x0200, .truncated),
      (0x0100, .recursionDesired), (0x0080, .recursionAvailable), (0x0020, .authenticData),
      (0x0010, .checkingDisabled),
    ] as [(UInt16, MessageFlags)])
  func `each flag has its bit`(bit: UInt16, flag: MessageFlags) throws {
    let head = [0, 0, UInt8(bit >> 8), UInt8(bit & 255)] + [UInt8](repeating: 0, count: 8)
    #expect(try DNSMessage(decoding: head).flags == flag)
  }

  @Test func `the kind of the question and the code are numbers of their own`() throws {
    let message = try DNSMessage(decoding: bytes("0000 287a 0000 0000 0000 0000"))
    #expect(message.operation == 5)
    #expect(message.responseCode == ResponseCode(rawValue: 10))
    #expect(message.flags == [.authenticData, .checkingDisabled])
  }

  @Test(arguments: SampleMessages.records + [ResourceRecord.a("x.example", "192.0.2.9")])
  func `a record of each type survives a round trip, compressed and not`(
    record: ResourceRecord
  ) throws {
    let message = SampleMessages.answer(.any, [record, record], authorities: [record])
    for compresses in [true, false] {
      var again = try DNSMessage(decoding: message.encoded(compressing: compresses))
      again.byteCount = 0
      #expect(again == message)
    }
  }

  @Test func `bytes behind the last record are left alone`() throws {
    let encoded = SampleMessages.answer(.a, []).encoded()
    let message = try DNSMessage(decoding: encoded + [1, 2, 3])
    #expect(message.byteCount == encoded.count)
  }

  @Test func `broken data harm where they are the answer and not elsewhere`() throws {
    let broken = ResourceRecord("example.org", .a, .unknown([1, 2, 3]))
    #expect(throws: DNSMessageError.data(.a)) {
      try DNSMessage(decoding: SampleMessages.answer(.a, [broken]).encoded())
    }
    let message = try DNSMessage(
      decoding: SampleMessages.answer(.a, [], authorities: [broken]).encoded(
        additional: [broken]))
    #expect(message.authorities.map(\.data) == [.unknown([1, 2, 3])])
  }

  @Test(
    arguments: [
      (300, 60, 60), (30, 60, 30), (0, 60, 0),
    ] as [(UInt32, UInt32, UInt32)])
  func `that there is nothing is kept for the lesser of two times`(
    ttl: UInt32, minimum: UInt32, kept: UInt32
  ) {
    let message = SampleMessages.answer(
      .a, [], authorities: [.soa("example.org", minimum: minimum, ttl: ttl)])
    #expect(message.negativeTTL == kept)
    #expect(SampleMessages.answer(.a, []).negativeTTL == nil)
  }

  @Test func `a referral names others, and has neither answer nor authority`() {
    let others = [ResourceRecord.ns("example.org", "ns1.example.org")]
    #expect(SampleMessages.answer(.a, [], authorities: others).isReferral)
    #expect(
      !SampleMessages.answer(.a, [], flags: [.response, .authoritative], authorities: others)
        .isReferral)
    #expect(
      !SampleMessages.answer(.a, [], authorities: others + [.soa("example.org")]).isReferral)
    #expect(
      !SampleMessages.answer(.a, [.a("www.example.org", "192.0.2.1")], authorities: others)
        .isReferral)
  }

  @Test func `types and codes have words, and numbers where they have none`() {
    #expect(RecordType(word: "aaaa") == .aaaa)
    #expect(RecordType(word: "TYPE28") == .aaaa)
    #expect(RecordType(word: "type65280")?.rawValue == 65_280)
    #expect("\(RecordType(rawValue: 65_280))" == "TYPE65280")
    for word in ["", "TYPE", "TYPE65536", "TYPE-1", "TYPE+1", "B", "TYPE1x"] {
      #expect(RecordType(word: word) == nil, "\(word)")
    }
    #expect(ResponseCode(word: "nxdomain") == .noSuchName)
    #expect(ResponseCode(word: "RCODE3841")?.rawValue == 3_841)
    #expect("\(ResponseCode(rawValue: 12))" == "RCODE12")
    #expect(ResponseCode(word: "RCODE4096") == nil)
    #expect(ResponseCode(word: "NOPE") == nil)
  }
}
