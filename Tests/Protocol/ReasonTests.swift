import Model
import Testing
import Wire

@Suite struct ReasonTests {
  @Test(arguments: Reason.allCases)
  func `every reason has a code of two words, a sentence, and the class of its hundred`(
    _ reason: Reason
  ) {
    let parts = reason.code.split(separator: ".", omittingEmptySubsequences: false)
    #expect(parts.count == 2)
    #expect(
      parts.allSatisfy { part in
        !part.isEmpty
          && part.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
      }, "\(reason.code)")
    #expect(!reason.sentence.isEmpty && !reason.sentence.hasSuffix("."))
    #expect(Reason(code: reason.code) == reason)
    #expect(UInt16(reason.failureClass.rawValue) == reason.rawValue / 100)
    #expect(Reason(number: UInt64(reason.rawValue), of: reason.failureClass) == reason)
  }

  @Test func `no code stands for two reasons`() {
    #expect(Set(Reason.allCases.map(\.code)).count == Reason.allCases.count)
  }

  @Test(arguments: FailureClass.allCases)
  func `of a number that is not known, or of another class, the class is kept`(
    _ failureClass: FailureClass
  ) {
    let general = Reason.general(of: failureClass)
    #expect(general.failureClass == failureClass && !general.isSpecial)
    for number: UInt64 in [0, 7, 99, 199_999, .max, UInt64(failureClass.rawValue) * 100 + 99] {
      #expect(Reason(number: number, of: failureClass) == general)
    }
    let other: Reason = failureClass == .dns ? .httpStatus : .dnsNoSuchName
    #expect(Reason(number: UInt64(other.rawValue), of: failureClass) == general)
  }

  private func roundTrip(_ record: ProbeRecord) throws -> (value: ProbeRecord?, number: Int16) {
    var writer = ByteWriter()
    RecordWriter.append(record, previousMs: 1_000, to: &writer)
    return try writer.bytes.withUnsafeBytes { bytes throws in
      var reader = RecordReader(bytes, count: 1, baseMs: 1_000)
      var raw = RawRecord()
      let isThere = try reader.next(&raw)
      #expect(isThere)
      return (reader.value(of: raw), raw.reasonNumber)
    }
  }

  @Test(arguments: [
    IPAddress.ipv4(0xc000_0201), .ipv6(high: 0x2001_0db8_0000_0000, low: 1), nil,
  ])
  func `reason and address go over the wire behind the record`(_ address: IPAddress?) throws {
    for reason in Reason.allCases {
      var record = ProbeRecord(
        slot: 7, startedAtMs: 1_234, total: 99,
        outcome: .failed(Failure(reason, curlCode: 7, detail: "its words")),
        request: ProbeRequestID.random())
      record.address = address
      let (value, number) = try roundTrip(record)
      #expect(value == record)
      #expect(number == Int16(reason.rawValue))
    }
  }

  @Test
  func `an address of another length is none, and a later version's reason is kept as a number`()
    throws
  {
    // flags: failure, extension | slot | delta | total | class 2, code 0, "" | extensions
    let bytes: [UInt8] = [0x88, 1, 0, 0, 2, 0, 0, 10, 2, 2, 0x86, 2, 3, 3, 1, 2, 3, 9]
    try bytes.withUnsafeBytes { bytes throws in
      var reader = RecordReader(bytes, count: 1, baseMs: 0)
      var raw = RawRecord()
      #expect(throws: WireError.self) { try reader.next(&raw) }
    }
    let whole: [UInt8] = [0x88, 1, 0, 0, 2, 0, 0, 9, 2, 2, 0x86, 2, 3, 3, 1, 2, 3]
    try whole.withUnsafeBytes { bytes throws in
      var reader = RecordReader(bytes, count: 1, baseMs: 0)
      var raw = RawRecord()
      let isThere = try reader.next(&raw)
      #expect(isThere)
      #expect(raw.reasonNumber == 262 && raw.address == nil)
      #expect(reader.value(of: raw)?.outcome.failure?.reason == .timeoutTotal)
    }
  }

  @Test(arguments: [
    (IPAddress.ipv4(0x7f00_0001), "127.0.0.1"), (.ipv6(high: 0, low: 1), "::1"),
    (.ipv6(high: 0, low: 0), "::"),
    (.ipv6(high: 0x2001_0db8_0000_0000, low: 0x1_0000), "2001:db8::1:0"),
  ])
  func `an address is written as people write it`(_ address: IPAddress, _ text: String) {
    #expect(address.description == text)
    #expect(address.bytes.withUnsafeBytes { IPAddress($0) } == address)
  }
}
