import DNS
import Testing
import WireFuzzing

@Suite struct ExpectedAnswerTests {
  /// The type, what is expected, the data in hexadecimal, and whether they match.
  static let rows: [(RecordType, String, String, Bool)] = [
    (.a, "192.0.2.1", "c0000201", true), (.a, "192.0.2.2", "c0000201", false),
    (.aaaa, "2001:DB8:0::1", "20010db8000000000000000000000001", true),
    (.cname, "Web.example", "03 776562 07 6578616d706c65 00", true),
    (.cname, "web.example.", "03 776562 07 6578616d706c65 00", true),
    (.cname, "web.example.org", "03 776562 07 6578616d706c65 00", false),
    (.mx, "10 mail.", "000a 04 6d61696c 00", true), (.mx, "MAIL", "000a 04 6d61696c 00", true),
    (.mx, "20 mail", "000a 04 6d61696c 00", false),
    (.txt, "abcd", "02 6162 02 6364", true), (.txt, "\"ab\" \"cd\"", "02 6162 02 6364", true),
    (.txt, "\"a\\098cd\"", "02 6162 02 6364", true), (.txt, "ab cd", "02 6162 02 6364", false),
    (.txt, "ABCD", "02 6162 02 6364", false), (.txt, "", "00", true),
    (.txt, "a\\b", "03 615c62", true), (.txt, "\"a\\\\b\"", "03 615c62", true),
    (.srv, "1  2 5060 SIP", "0001 0002 13c4 03 736970 00", true),
    (.srv, "1 2 5061 sip.", "0001 0002 13c4 03 736970 00", false),
    (.caa, "0 issue ca.example", "00 05 6973737565 63612e6578616d706c65", true),
    (.caa, "0 issue \"ca.example\"", "00 05 6973737565 63612e6578616d706c65", true),
    (.tlsa, "3 1 1 d2ab", "03 01 01 d2ab", true), (.ds, "60485 5 1 2bb1", "ec45 05 01 2bb1", true),
    // The case of base64 means something.
    (.dnskey, "257 3 5 AQIDBAU=", "0101 03 05 0102030405", true),
    (.dnskey, "257 3 5 aqidbau=", "0101 03 05 0102030405", false),
    (RecordType(rawValue: 731), "\\# 2 0A00", "0a00", true),
  ]

  @Test(arguments: rows)
  func `what is expected is compared by what it means`(
    type: RecordType, text: String, data: String, isMatch: Bool
  ) throws {
    let found = try RecordTextTests.decoded(type, bytes(data))
    #expect(try ExpectedAnswer(text, type).matches(found, type) == isMatch)
  }

  @Test(
    arguments: [
      (.a, "::1"), (.a, "example.org"), (.a, "192.0.2.1 192.0.2.2"), (.aaaa, "192.0.2.1"),
      (.cname, "a b"), (.cname, "bücher.example"), (.mx, "ten mail"), (.mx, "10 mail. x"),
      (.ns, "  "), (.srv, ""),
    ] as [(RecordType, String)])
  func `what can't be an answer of a type is refused in words`(type: RecordType, text: String) {
    let error = #expect(throws: ExpectedAnswerError.self) { try ExpectedAnswer(text, type) }
    #expect((error?.description.count ?? 0) > 10)
  }

  @Test func `data of another kind never match`() throws {
    let text = RecordData.text([Array("192.0.2.1".utf8)])
    #expect(try !ExpectedAnswer("192.0.2.1", .a).matches(text, .a))
    #expect(try !ExpectedAnswer("x", .txt).matches(.name(domain("x")), .txt))
  }
}
