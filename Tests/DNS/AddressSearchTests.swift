import DNS
import Model
import Testing

@Suite struct AddressSearchTests {
  private static func configuration(_ text: String = "") -> ResolverConfiguration {
    ResolverConfiguration(parsing: Array(text.utf8))
  }

  private static func search(
    _ text: String, _ family: AddressFamily = .any, _ file: String = ""
  ) -> AddressSearch {
    let parsed = (try? DomainName.parse(text)) ?? (.root, true)
    return AddressSearch(
      parsed.name, isAbsolute: parsed.isAbsolute, family: family,
      configuration: configuration(file), deadlineUs: 10_000_000)
  }

  private static func found(
    _ texts: String..., as canonical: String = "x.example"
  )
    -> AddressAnswer
  {
    AddressAnswer(
      addresses: texts.map { address($0) }, canonicalName: domain(canonical), ttl: 60,
      attempts: [
        LookupAttempt(
          server: ServerAddress(.ipv4(1)), transport: .udp, atUs: 0, tookUs: 5,
          ending: .answered(.noError))
      ])
  }

  private static func failed(_ failure: LookupFailure) -> AddressAnswer {
    AddressAnswer(addresses: [], canonicalName: domain("x.example"), failure: failure)
  }

  private static func end(_ steps: [AddressSearch.Step]) -> Resolution? {
    guard case .finish(let resolution)? = steps.last else { return nil }
    return resolution
  }

  @Test func `both families are asked at once, and both are the answer`() throws {
    var search = Self.search("x.example")
    let x = domain("x.example")
    #expect(search.begin(nowUs: 0) == [.ask(x, .a), .ask(x, .aaaa)])
    #expect(search.begin(nowUs: 0) == [])
    #expect(search.wakeUs == 10_000_000)
    #expect(search.answered(x, .a, Self.found("192.0.2.1"), nowUs: 5) == [])
    #expect(search.wakeUs == 5 + AddressSearch.graceUs)
    let resolution = try #require(
      Self.end(search.answered(x, .aaaa, Self.found("2001:db8::1", as: "y.example"), nowUs: 6)))
    #expect(resolution.addresses == [address("192.0.2.1"), address("2001:db8::1")])
    #expect(resolution.failure == nil)
    #expect(resolution.otherFailure == nil)
    #expect(resolution.ttl == 60)
    #expect(resolution.source == .servers)
    #expect(resolution.attempts.count == 2)
    #expect(resolution.findings.map(\.type) == [.a, .aaaa])
    #expect(resolution.findings.allSatisfy { $0.name == x && $0.answer.attempts.count == 1 })
    #expect(search.wakeUs == nil)
    #expect(search.answered(x, .a, Self.found("192.0.2.1"), nowUs: 7) == [])
  }

  @Test(
    arguments: [
      (.ipv4, "", [.a]), (.ipv6, "", [.aaaa]), (.any, "options no-aaaa", [.a]),
      (.ipv6, "options no-aaaa", [.aaaa]),
    ] as [(AddressFamily, String, [RecordType])])
  func `only the family that is wanted is asked for`(
    family: AddressFamily, file: String, types: [RecordType]
  ) {
    var search = Self.search("x.example", family, file)
    #expect(search.begin(nowUs: 0) == types.map { .ask(domain("x.example"), $0) })
  }

  /// What the two questions brought, and the failure of the whole; `nil` where there are addresses.
  static let endings: [(LookupFailure?, LookupFailure?, LookupFailure?)] = [
    (nil, .noData, nil), (.noData, nil, nil), (nil, .serverFailure, nil), (.timeout, nil, nil),
    (.noData, .noData, .noData), (.noData, .serverFailure, .serverFailure),
    (.serverFailure, .timeout, .serverFailure), (.refused, .own(.other, "x"), .refused),
    (.own(.other, "x"), .timeout, .own(.other, "x")),
  ]

  @Test(arguments: endings)
  func `one family is enough, and what failed is told where none has any`(
    first: LookupFailure?, second: LookupFailure?, whole: LookupFailure?
  ) throws {
    var search = Self.search("x.example")
    _ = search.begin(nowUs: 0)
    let x = domain("x.example")
    _ = search.answered(x, .a, first.map(Self.failed) ?? Self.found("192.0.2.1"), nowUs: 1)
    let steps = search.answered(
      x, .aaaa, second.map(Self.failed) ?? Self.found("2001:db8::1"), nowUs: 2)
    let resolution = try #require(Self.end(steps))
    #expect(resolution.failure == whole)
    #expect(resolution.addresses.isEmpty == (whole != nil))
    if whole == nil { #expect(resolution.otherFailure == first ?? second) }
  }

  @Test func `a name that does not exist does so in both families`() throws {
    var search = Self.search("x.example")
    _ = search.begin(nowUs: 0)
    let x = domain("x.example")
    let steps = search.answered(x, .aaaa, Self.failed(.noSuchName), nowUs: 1)
    #expect(steps.first == .forget(x, .a))
    #expect(Self.end(steps)?.failure == .noSuchName)
  }

  @Test func `a silent family is waited for a moment only`() throws {
    var search = Self.search("x.example")
    _ = search.begin(nowUs: 0)
    let x = domain("x.example")
    _ = search.answered(x, .a, Self.found("192.0.2.1"), nowUs: 1_000)
    #expect(search.passed(nowUs: 200_000) { _, _ in Self.failed(.timeout) } == [])
    let steps = search.passed(nowUs: 251_000) { _, _ in Self.failed(.spoofed(3)) }
    #expect(steps.first == .forget(x, .aaaa))
    let resolution = try #require(Self.end(steps))
    #expect(resolution.addresses == [address("192.0.2.1")])
    #expect(resolution.otherFailure == .spoofed(3))
  }

  @Test func `the deadline ends it with what the lookups know`() throws {
    var search = Self.search("x.example")
    _ = search.begin(nowUs: 0)
    let steps = search.passed(nowUs: 10_000_000) { _, type in
      Self.failed(type == .a ? .timeout : .overload)
    }
    #expect(steps.count == 3)
    #expect(Self.end(steps)?.failure == .overload)
    #expect(search.passed(nowUs: 20_000_000) { _, _ in Self.failed(.timeout) } == [])
  }

  /// The name, the file, and what is tried in order.
  static let candidates: [(String, String, [String])] = [
    ("db", "search a.example b.example", ["db.a.example", "db.b.example", "db"]),
    ("db.", "search a.example", ["db"]),
    ("shop.example", "search a.example", ["shop.example"]),
    ("db.ns", "search a.example\noptions ndots:5", ["db.ns.a.example", "db.ns"]),
    ("db", "", ["db"]),
    ("db", "search a.example\noptions ndots:0", ["db"]),
  ]

  @Test(arguments: candidates)
  func `short names are tried within the searched domains, long ones are not`(
    text: String, file: String, names: [String]
  ) throws {
    var search = Self.search(text, .ipv4, file)
    var steps = search.begin(nowUs: 0)
    for (index, candidate) in names.enumerated() {
      #expect(steps == [.ask(domain(candidate), .a)])
      steps = search.answered(
        domain(candidate), .a, Self.failed(index == 0 ? .noData : .noSuchName), nowUs: 1)
    }
    // One that exists without an address says more than one that does not.
    #expect(Self.end(steps)?.failure == .noData)
  }

  @Test func `the search ends where a name is found, or a server fails`() {
    var search = Self.search("db", .ipv4, "search a.example b.example")
    _ = search.begin(nowUs: 0)
    let steps = search.answered(
      domain("db.a.example"), .a, Self.failed(.serverFailure), nowUs: 1)
    #expect(Self.end(steps)?.failure == .serverFailure)
    search = Self.search("db", .ipv4, "search a.example b.example")
    _ = search.begin(nowUs: 0)
    _ = search.answered(domain("db.a.example"), .a, Self.failed(.noSuchName), nowUs: 1)
    let found = search.answered(
      domain("db.b.example"), .a, Self.found("192.0.2.1", as: "db.b.example"), nowUs: 2)
    #expect(Self.end(found)?.canonicalName == domain("db.b.example"))
  }
}
