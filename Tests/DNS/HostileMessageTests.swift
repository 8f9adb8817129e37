import DNS
import Testing
import WireFuzzing

@Suite struct HostileMessageTests {
  /// A message with one answer whose name is `name`, put at byte 12.
  private static func message(name: [UInt8], tail: [UInt8] = []) -> [UInt8] {
    bytes("0000 8000 0000 0001 0000 0000") + name + bytes("0001 0001 00000000 0004 c0000201")
      + tail
  }

  @Test(arguments: [
    // To itself; forwards; into the header; to the end; behind the end.
    "c00c", "c00e", "c000", "c00b", "c01b", "ffff",
    // A label, and back to it: round and round.
    "01 61 c00c", "01 61 01 62 c00e",
  ])
  func `a pointer that does not lead strictly back is refused`(name: String) {
    #expect(throws: DNSMessageError.pointer) {
      try DNSMessage(decoding: Self.message(name: bytes(name)))
    }
  }

  @Test(arguments: ["40 00", "80 00", "bf", "7f"])
  func `labels of kinds that do not exist are refused`(name: String) {
    #expect(throws: DNSMessageError.label) {
      try DNSMessage(decoding: Self.message(name: bytes(name)))
    }
  }

  @Test func `two pointers to each other are refused`() {
    // The first record's data hold a pointer to the second's name, which points back to them.
    let message = bytes(
      """
      0000 8000 0000 0002 0000 0000
      00 0010 0001 00000000 0003 02 c01c
      c018 0001 0001 00000000 0004 c0000201
      """)
    #expect(throws: DNSMessageError.pointer) { try DNSMessage(decoding: message) }
  }

  @Test func `names are followed through 127 pointers and no more`() throws {
    func chain(_ count: Int) -> [UInt8] {
      // A TXT record's data hold a root name and a chain of pointers, each to the one before.
      var data: [UInt8] = [0]
      let start = 12 + 11
      var last = start
      for _ in 0..<count {
        let place = start + data.count
        data += [0xc0 | UInt8(last >> 8), UInt8(last & 255)]
        last = place
      }
      return bytes("0000 8000 0000 0002 0000 0000")
        + bytes("00 ff00 0001 00000000") + [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
        + [0xc0 | UInt8(last >> 8), UInt8(last & 255)]
        + bytes("0001 0001 00000000 0004 c0000201")
    }
    #expect(try DNSMessage(decoding: chain(126)).answers[1].name == .root)
    #expect(throws: DNSMessageError.pointer) { try DNSMessage(decoding: chain(127)) }
  }

  @Test func `a name that grows too long through pointers is refused`() {
    // Five labels of 63 bytes in one record's data, then a name that runs through all of them.
    let label = [63] + [UInt8](repeating: 97, count: 63)
    let data = label + label + label + label
    let message =
      bytes("0000 8000 0000 0002 0000 0000 00 ff00 0001 00000000") + [1, 1] + data + [0]
      + bytes("c017 0001 0001 00000000 0004 c0000201")
    #expect(throws: DNSMessageError.nameTooLong) { try DNSMessage(decoding: message) }
  }

  @Test(arguments: SampleMessages.messages.indices)
  func `a message that is cut anywhere is refused, and never read past its end`(index: Int) throws {
    let message = SampleMessages.messages[index]
    let whole = try DNSMessage(decoding: message)
    #expect(whole.byteCount == message.count)
    for count in 0..<message.count {
      #expect(throws: DNSMessageError.self) {
        try DNSMessage(decoding: Array(message.prefix(count)))
      }
    }
  }

  @Test(arguments: [4, 6, 8, 10], [1, 2, 0x7fff, 0xffff])
  func `counts that promise more than there is are refused`(offset: Int, count: Int) {
    var message = DNSMessage(id: 1, flags: .response).encoded()
    message[offset] = UInt8(count >> 8)
    message[offset + 1] = UInt8(count & 255)
    #expect(throws: DNSMessageError.counts) { try DNSMessage(decoding: message) }
  }

  @Test func `counts that promise less than there is leave the rest alone`() throws {
    let records = [ResourceRecord.a("a.example", "192.0.2.1"), .a("b.example", "192.0.2.2")]
    var message = SampleMessages.answer(.a, records, extended: nil).encoded()
    message[7] = 1
    #expect(try DNSMessage(decoding: message).answers.count == 1)
  }

  @Test func `as many records as a message can hold are read`() throws {
    let count = (65_535 - 12) / 15
    var message = bytes("0000 8000 0000") + [UInt8(count >> 8), UInt8(count & 255), 0, 0, 0, 0]
    for _ in 0..<count { message += bytes("00 0001 0001 00000000 0004 c0000201") }
    #expect(try DNSMessage(decoding: message).answers.count == count)
  }

  @Test func `a text of 64 kB is read, and told in bounds`() throws {
    let strings = [[UInt8]](repeating: [UInt8](repeating: 0xff, count: 255), count: 250)
    let record = ResourceRecord("big.example", .txt, .text(strings))
    let message = try DNSMessage(decoding: SampleMessages.answer(.txt, [record]).encoded())
    #expect(message.answers == [record])
    let report = LookupReport(
      name: SampleMessages.name, type: .txt, records: message.answers, response: message)
    let facts = DNSFacts(report, server: "x")
    #expect(facts.answers.allSatisfy { $0.utf8.count <= 515 })
  }

  @Test func `EDNS that stands twice, at a name, or is cut is refused`() {
    let opt = ResourceRecord(
      name: .root, type: .opt, recordClass: 1_232, ttl: 0, data: .unknown([]))
    var named = opt
    named.name = domain("x.example")
    var cut = opt
    cut.data = .unknown([0, 10, 0, 8, 1, 2])
    for records in [[opt, opt], [named], [cut]] {
      #expect(throws: DNSMessageError.extensions) {
        try DNSMessage(
          decoding: SampleMessages.answer(.a, [], extended: nil).encoded(additional: records))
      }
    }
  }

  @Test func `cookies of other lengths than a cookie's are none`() {
    for count in [0, 7, 9, 15, 41] {
      let option = ExtendedDNS.Option(code: 10, value: [UInt8](repeating: 1, count: count))
      #expect(ExtendedDNS(options: [option]).cookie == nil)
    }
    #expect(ExtendedDNS(options: [.cookie(client: 5, server: [])]).cookie?.client == 5)
    let longest = ExtendedDNS.Option.cookie(client: 5, server: [UInt8](repeating: 1, count: 32))
    #expect(ExtendedDNS(options: [longest]).cookie?.server.count == 32)
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `no mutated message traps a reader or a lookup`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let samples = SampleMessages.all
    for number in 0..<6_000 {
      decodeNames(scramble(samples[number % samples.count], using: &generator))
    }
  }

  @Test func `no random bytes trap a reader or a lookup`() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<5_000 {
      let count = Int.random(in: 0..<200, using: &generator)
      decodeNames((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
  }
}
