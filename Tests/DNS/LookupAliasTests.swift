import DNS
import Testing
import WireFuzzing

@Suite struct LookupAliasTests {
  @Test func `aliases within the answer are followed, in whatever order they stand`() throws {
    var rig = LookupRig()
    let chain = [
      ResourceRecord.cname("www.example.org", "b.example", ttl: 30),
      .cname("B.example", "c.example"),
    ]
    let end = ResourceRecord.a("c.EXAMPLE", "192.0.2.1")
    rig.hear(rig.reply(0, [end, chain[1], chain[0]]), on: 0)
    let report = try #require(rig.report)
    #expect(report.records == [end])
    #expect(report.aliases == chain)
    #expect(report.canonicalName == domain("c.example"))
    #expect(report.leastTTL == 30)
  }

  @Test func `records of names that nobody asked for are not taken`() {
    var rig = LookupRig()
    rig.hear(
      rig.reply(0, [.a("bank.example", "203.0.113.66"), .cname("x.example", "y.example")]), on: 0)
    #expect(rig.report?.failure == .noData)
  }

  @Test func `an alias that stands alone is asked after, at the server that told of it`() throws {
    var rig = LookupRig(servers: 2)
    rig.hear(rig.reply(0, code: .serverFailure), on: 0)
    rig.hear(rig.reply(1, [.cname("www.example.org", "web.example.net")]), on: 1)
    #expect(rig.sent[2].server == LookupRig.servers[1])
    #expect(rig.sent[2].query.questions[0].name == domain("web.example.net"))
    rig.hear(rig.reply(2, [.a("web.example.net", "192.0.2.7")]), on: 2)
    let report = try #require(rig.report)
    #expect(report.name == domain("www.example.org"))
    #expect(report.records == [.a("web.example.net", "192.0.2.7")])
    #expect(report.aliases == [.cname("www.example.org", "web.example.net")])
  }

  @Test func `an alias without records, by the server's own word, is without records`() {
    var rig = LookupRig()
    rig.hear(
      rig.reply(
        0, [.cname("www.example.org", "web.example.net")], authorities: [.soa("example.net")]),
      on: 0)
    #expect(rig.report?.failure == .noData)
    #expect(rig.report?.aliases.count == 1)
  }

  @Test func `an alias to a name that does not exist`() {
    var rig = LookupRig()
    rig.hear(
      rig.reply(0, [.cname("www.example.org", "gone.example")], code: .noSuchName), on: 0)
    #expect(rig.report?.failure == .noSuchName)
    #expect(rig.report?.canonicalName == domain("gone.example"))
  }

  @Test(arguments: [
    [ResourceRecord.cname("www.example.org", "www.example.org")],
    [.cname("www.example.org", "WWW.EXAMPLE.ORG")],
    [.cname("www.example.org", "b.example"), .cname("b.example", "www.example.org")],
    [
      .cname("www.example.org", "b.example"), .cname("b.example", "c.example"),
      .cname("c.example", "b.example"),
    ],
  ])
  func `a loop within an answer is found`(records: [ResourceRecord]) {
    var rig = LookupRig(servers: 2)
    rig.hear(rig.reply(0, records), on: 0)
    #expect(rig.report?.failure == .loop)
    #expect(rig.sent.count == 1)
  }

  @Test func `a loop over several answers is found`() {
    var rig = LookupRig()
    rig.hear(rig.reply(0, [.cname("www.example.org", "b.example")]), on: 0)
    rig.hear(rig.reply(1, [.cname("b.example", "www.example.org")]), on: 1)
    #expect(rig.report?.failure == .loop)
  }

  @Test func `sixteen aliases are followed, whether in one answer or in many`() throws {
    func alias(_ number: Int) -> ResourceRecord {
      .cname(
        number == 0 ? "www.example.org" : "n\(number).example", "n\(number + 1).example")
    }
    var rig = LookupRig()
    let end = ResourceRecord.a("n16.example", "192.0.2.1")
    rig.hear(rig.reply(0, (0..<16).map(alias) + [end]), on: 0)
    #expect(rig.report?.records == [end])
    rig = LookupRig()
    rig.hear(rig.reply(0, (0..<17).map(alias) + [.a("n17.example", "192.0.2.1")]), on: 0)
    #expect(rig.report?.failure == .loop)
    rig = LookupRig()
    for number in 0..<20 where rig.report == nil {
      rig.hear(rig.reply(number, [alias(number)]), on: number)
    }
    #expect(rig.report?.failure == .loop)
    #expect(rig.sent.count == 17)
  }

  @Test func `who asks for an alias, or for anything, is given it`() {
    var rig = LookupRig("www.example.org", .cname)
    let alias = ResourceRecord.cname("www.example.org", "www.example.org")
    rig.hear(rig.reply(0, [alias]), on: 0)
    #expect(rig.report?.records == [alias])
    rig = LookupRig("www.example.org", .any)
    rig.hear(rig.reply(0, [alias, .a("www.example.org", "192.0.2.1")]), on: 0)
    #expect(rig.report?.records.count == 2)
  }

  @Test func `without following, an alias alone is no data`() {
    var policy = LookupPolicy()
    policy.followsAliases = false
    var rig = LookupRig(policy: policy)
    rig.hear(rig.reply(0, [.cname("www.example.org", "b.example")]), on: 0)
    #expect(rig.report?.failure == .noData)
    #expect(rig.report?.aliases.count == 1)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever comes in whatever order, it ends once, in bounds, and closes what it opened`(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    var policy = LookupPolicy()
    policy.tries = Int.random(in: 1...5, using: &generator)
    policy.retryUs = Int64.random(in: 1...10_000_000, using: &generator)
    policy.usesCookies = Bool.random(using: &generator)
    policy.mixesCase = Bool.random(using: &generator)
    var rig = LookupRig(servers: Int.random(in: 1...3, using: &generator), policy: policy)
    for _ in 0..<300 where rig.report == nil {
      guard let attempt = rig.open.sorted().randomElement(using: &generator) else { break }
      let asked = rig.sent[attempt].query.questions[0].name
      switch Int.random(in: 0..<10, using: &generator) {
      case 0: rig.wake()
      case 1: rig.breaks(attempt, .refused)
      case 2: rig.hear([0, 1, 2], on: attempt)
      case 3: rig.hear(rig.reply(attempt, flags: .truncated), on: attempt)
      case 4: rig.hear(rig.reply(attempt, code: .formatError), on: attempt)
      case 5:
        let cookie = rig.sent[attempt].query.extended?.cookie?.client ?? 0
        let options = ExtendedDNS(options: [.cookie(client: cookie, server: Array(0..<8))])
        rig.hear(rig.reply(attempt, code: .badCookie, extended: options), on: attempt)
      case 6: rig.hear(rig.reply(attempt, code: .serverFailure), on: attempt)
      default:
        let target = "n\(Int.random(in: 0..<40, using: &generator)).example"
        rig.hear(rig.reply(attempt, [.cname("\(asked)", target)]), on: attempt)
      }
      #expect(rig.open.count <= 3)
    }
    if rig.report == nil { rig.sleep() }
    #expect(rig.report != nil)
    #expect(rig.sent.count <= 64)
  }
}
