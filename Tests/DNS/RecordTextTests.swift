import DNS
import Testing
import WireFuzzing

@Suite struct RecordTextTests {
  /// The type, the data in hexadecimal, and their text in a master file.
  static let rows: [(RecordType, String, String)] = [
    (.a, "c0000201", "192.0.2.1"),
    (.aaaa, "20010db8000000000000000000000001", "2001:db8::1"),
    (.ns, "03 6e7331 07 6578616d706c65 00", "ns1.example."),
    (.ptr, "00", "."),
    (.mx, "000a 04 6d61696c 00", "10 mail."),
    (
      .soa, "01 61 00 01 62 00 00000001 00000002 00000003 00000004 ffffffff",
      "a. b. 1 2 3 4 4294967295"
    ),
    (.txt, "03 616263 00 04 22 5c 00 ff", "\"abc\" \"\" \"\\\"\\\\\\000\\255\""),
    (.txt, "03 613b20", "\"a; \""),
    (.srv, "0001 0002 13c4 03 736970 00", "1 2 5060 sip."),
    (
      .naptr, "0064 0032 01 73 07 5349502b443255 00 03 736970 00",
      "100 50 \"s\" \"SIP+D2U\" \"\" sip."
    ),
    (.caa, "80 05 6973737565 63612e6578616d706c65", "128 issue \"ca.example\""),
    (.caa, "00 05 6973737565", "0 issue \"\""),
    (.tlsa, "03 01 01 d2ab", "3 1 1 D2AB"),
    (.sshfp, "04 02 0102ff", "4 2 0102FF"),
    (.ds, "ec45 05 01 2bb183af", "60485 5 1 2BB183AF"),
    (.dnskey, "0101 03 05 0102030405", "257 3 5 AQIDBAU="),
    (
      // The times of the example in RFC 4034 section 3.3.
      .rrsig, "0001 05 03 00015180 3e7c3c13 3e54af13 0a52 07 6578616d706c65 03 636f6d 00 ff",
      "A 5 3 86400 20030322103355 20030220103355 2642 example.com. /w=="
    ),
    (
      .rrsig, "0001 05 03 00000000 ffffffff 00000000 0000 00 ",
      "A 5 3 0 21060207062815 19700101000000 0 . "
    ),
    (
      // The example of RFC 4034 section 4.3.
      .nsec,
      """
      04 686f7374 07 6578616d706c65 03 636f6d 00
      0006 400100000003 041b 000000000000000000000000000000000000000000000000000020
      """, "host.example.com. A MX RRSIG NSEC TYPE1234"
    ),
    (.nsec, "00", "."),
    // The vectors of RFC 9460 appendix D.
    (.svcb, "0000 03 666f6f 07 6578616d706c65 03 636f6d 00", "0 foo.example.com."),
    (.svcb, "0001 00", "1 ."),
    (.https, "0010 03 666f6f 00 0003 0002 0035", "16 foo. port=53"),
    (.svcb, "0001 03 666f6f 00 029b 0005 68656c6c6f", "1 foo. key667=hello"),
    (
      .svcb, "0001 03 666f6f 00 029b 0009 68656c6c6fd2716f6f",
      "1 foo. key667=\"hello\\210qoo\""
    ),
    (
      .svcb,
      """
      0001 03 666f6f 00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001
      """, "1 foo. ipv6hint=2001:db8::1,2001:db8::53:1"
    ),
    (
      .svcb,
      """
      0010 03 666f6f 00 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201
      """, "16 foo. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1"
    ),
    (
      .svcb, "0010 03 666f6f 00 0001 000c 08 665c6f6f2c626172 02 6832",
      "16 foo. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""
    ),
    (.https, "0001 00 0001 0003 02 6832 0002 0000", "1 . alpn=h2 no-default-alpn"),
    (.https, "0001 00 0005 0003 010203", "1 . ech=AQID"),
    (RecordType(rawValue: 731), "0a000001", "\\# 4 0A000001"),
    (RecordType(rawValue: 731), "", "\\# 0"),
    (.nsec3param, "01000000", "\\# 4 01000000"),
  ]

  static func decoded(_ type: RecordType, _ data: [UInt8]) throws -> RecordData {
    let record = ResourceRecord("x.example", type, .unknown(data))
    let message = SampleMessages.answer(type, [record]).encoded(compressing: false)
    return try DNSMessage(decoding: message).answers[0].data
  }

  @Test(arguments: rows)
  func `data of each type have their text`(type: RecordType, data: String, text: String) throws {
    #expect(try "\(Self.decoded(type, bytes(data)))" == text)
  }

  @Test(
    arguments: [
      (.a, ""), (.a, "c00002"), (.a, "c000020100"), (.aaaa, "c0000201"), (.ns, ""),
      (.ns, "03 6e73"), (.ns, "00 00"), (.mx, "00"), (.mx, "000a"), (.soa, "00 00 00000001"),
      (.txt, ""), (.txt, "05 616263"), (.srv, "0001 0002 13"), (.naptr, "0064 0032 01 73 05"),
      (.caa, "00"), (.caa, "00 00 6161"), (.caa, "00 09 6161"), (.tlsa, "0301"), (.ds, "ec4505"),
      (.dnskey, "0101 03"), (.rrsig, "0001 05 03 00015180 3e7c3c13"),
      // A signer and the next name are never compressed; nor is a service's target.
      (.rrsig, "0001 05 03 00015180 3e7c3c13 3e54af13 0a52 c00c ff"), (.nsec, "c00c"),
      (.svcb, "0001 c00c"),
      // Windows of types: not ascending, empty, too long, cut.
      (.nsec, "00 01 01 80 00 01 80"), (.nsec, "00 00 00"), (.nsec, "00 00 21 00"),
      (.nsec, "00 00 02 80"),
      // Parameters: not ascending, doubled, cut, of the wrong form.
      (.svcb, "0001 00 0003 0002 0035 0001 0003 02 6832"),
      (.svcb, "0001 00 0003 0002 0035 0003 0002 0035"), (.svcb, "0001 00 0003 0002 00"),
      (.svcb, "0001 00 0003"), (.svcb, "0001 00 0003 0001 00"), (.svcb, "0001 00 0004 0000"),
      (.svcb, "0001 00 0004 0003 010203"), (.svcb, "0001 00 0001 0000"),
      (.svcb, "0001 00 0001 0002 05 68"), (.svcb, "0001 00 0001 0001 00"),
      (.svcb, "0001 00 0002 0001 00"), (.svcb, "0001 00 0000 0001 00"),
    ] as [(RecordType, String)])
  func `data that are not what their type asks for are refused`(
    type: RecordType, data: String
  ) throws {
    #expect(throws: DNSMessageError.self) { try Self.decoded(type, bytes(data)) }
  }

  @Test func `addresses of another class than the internet's stay bytes`() throws {
    var record = ResourceRecord("x.example", .a, .unknown([1, 2, 3, 4, 5]))
    record.recordClass = 3
    let message = try DNSMessage(decoding: SampleMessages.answer(.a, [record]).encoded())
    #expect("\(message.answers[0])" == "x.example. 300 CLASS3 A \\# 5 0102030405")
  }
}
