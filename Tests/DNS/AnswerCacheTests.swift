import Model
import DNS
import Testing

@Suite struct AnswerCacheTests {
  private static func answer(ttl: UInt32?, failure: LookupFailure? = nil) -> AddressAnswer {
    AddressAnswer(
      addresses: failure == nil ? [address("192.0.2.1")] : [], canonicalName: domain("a.example"),
      ttl: ttl, failure: failure,
      attempts: [
        LookupAttempt(
          server: ServerAddress(.ipv4(1)), transport: .udp, atUs: 0, tookUs: 1, ending: .unanswered)
      ])
  }

  /// The answer's own time, whether it is negative, the bounds, and for how many seconds it is kept.
  static let rows: [(UInt32?, LookupFailure?, least: UInt32, most: UInt32, kept: Int64)] = [
    (300, nil, 0, 3_600, 300), (7_200, nil, 0, 3_600, 3_600), (2, nil, 10, 3_600, 10),
    (0, nil, 0, 3_600, 0), (0, nil, 5, 3_600, 5), (nil, nil, 5, 3_600, 0),
    (.max, nil, 0, .max, Int64(UInt32.max)), (300, .noSuchName, 0, 3_600, 30),
    (10, .noData, 0, 3_600, 10), (300, .noData, 0, 20, 20), (nil, .noSuchName, 0, 3_600, 0),
    (300, nil, 0, 0, 0),
  ]

  @Test(arguments: rows)
  func `an answer is kept for as long as it may be`(
    ttl: UInt32?, failure: LookupFailure?, least: UInt32, most: UInt32, kept: Int64
  ) {
    var bounds = AnswerCache.Bounds()
    bounds.leastTTL = least
    bounds.mostTTL = most
    var cache = AnswerCache(bounds)
    let answer = Self.answer(ttl: ttl, failure: failure)
    cache.keep(answer, for: domain("a.example"), .a, nowUs: 1_000_000)
    let end = 1_000_000 + kept * 1_000_000
    if kept > 0 {
      let found = cache.answer(for: domain("A.EXAMPLE"), .a, nowUs: end - 1_000_000)
      #expect(found?.addresses == answer.addresses)
      #expect(found?.failure == failure)
      #expect(found?.ttl == 1)
      #expect(found?.attempts == [])
      #expect(cache.answer(for: domain("a.example"), .aaaa, nowUs: 1_000_000) == nil)
    }
    #expect(cache.answer(for: domain("a.example"), .a, nowUs: end) == nil)
    #expect(cache.count == 0)
  }

  @Test func `what may not be kept makes no entry, and off keeps nothing`() {
    var cache = AnswerCache(.off)
    cache.keep(Self.answer(ttl: 300), for: domain("a.example"), .a, nowUs: 0)
    #expect(cache.answer(for: domain("a.example"), .a, nowUs: 0) == nil)
    // A failure is no answer, and so states no time.
    let report = LookupReport(
      name: domain("a.example"), type: .a, failure: .serverFailure,
      response: DNSMessage(id: 0, authorities: [.soa("example")]))
    #expect(AddressAnswer(report).ttl == nil)
    var negative = report
    negative.failure = .noData
    #expect(AddressAnswer(negative).ttl == 60)
  }

  @Test func `a full cache forgets what came first, and stays in its bounds`() {
    var bounds = AnswerCache.Bounds()
    bounds.mostEntries = 3
    var cache = AnswerCache(bounds)
    for number in 0..<5_000 {
      cache.keep(Self.answer(ttl: 300), for: domain("n\(number).example"), .a, nowUs: 0)
      // The same name again and again takes no room from the others.
      cache.keep(Self.answer(ttl: 300), for: domain("n\(number).example"), .a, nowUs: 0)
      #expect(cache.count <= 3)
    }
    #expect(cache.answer(for: domain("n4999.example"), .a, nowUs: 0) != nil)
    #expect(cache.answer(for: domain("n4990.example"), .a, nowUs: 0) == nil)
    cache.removeAll()
    #expect(cache.count == 0)
    cache.keep(Self.answer(ttl: 300), for: domain("a.example"), .a, nowUs: 0)
    #expect(cache.count == 1)
  }

  @Test func `only so many addresses of one answer are kept`() {
    let records = (0..<200).map { ResourceRecord.a("a.example", "192.0.2.\($0)") }
    let answer = AddressAnswer(LookupReport(name: domain("a.example"), type: .a, records: records))
    #expect(answer.addresses.count == AddressAnswer.mostAddresses)
  }
}
