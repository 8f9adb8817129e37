import DNS
import Model
import Testing

@Suite struct ResolutionLineTests {
  private static func asked(
    _ last: UInt32, _ ending: LookupAttempt.Ending, tookUs: Int64 = 3_900
  ) -> LookupAttempt {
    LookupAttempt(
      server: ServerAddress(.ipv4(0xc000_0200 | last)), transport: .udp, atUs: 1_000,
      tookUs: tookUs, ending: ending)
  }

  private static func finding(
    _ name: String, _ type: RecordType, _ addresses: [String] = [], as canonical: String? = nil,
    ttl: UInt32? = nil, _ failure: LookupFailure? = nil, _ attempts: [LookupAttempt] = []
  ) -> Resolution.Finding {
    Resolution.Finding(
      name: domain(name), type: type,
      AddressAnswer(
        addresses: addresses.map { address($0) }, canonicalName: domain(canonical ?? name),
        ttl: ttl, failure: failure, attempts: attempts))
  }

  static let rows: [(Resolution, [String])] = [
    (Resolution(addresses: [address("192.0.2.7")], source: .literal), []),
    (Resolution(source: .literal, failure: .noData), ["\(LookupFailure.noData)"]),
    (
      Resolution(
        addresses: [address("192.0.2.7"), address("::1")], canonicalName: domain("a.example"),
        source: .hostsFile), ["a.example., from the hosts file: 192.0.2.7 ::1"]
    ),
    (
      Resolution(
        addresses: [address("::1")], canonicalName: domain("localhost"), source: .localhost),
      ["localhost., from no server, as it is this host: ::1"]
    ),
    (
      Resolution(
        addresses: [address("192.0.2.7")], source: .servers,
        findings: [
          finding(
            "a.example", .a, ["192.0.2.7", "192.0.2.8"], as: "b.example", ttl: 60, nil,
            [asked(1, .unanswered, tookUs: 2_000_000), asked(2, .answered(.noError))]),
          finding("a.example", .aaaa, ttl: 9, .noData),
        ]),
      [
        "a.example. A, alias of b.example., ttl 60: 192.0.2.7 192.0.2.8",
        "  192.0.2.1 over UDP at 1 ms, for 2000 ms: no answer",
        "  192.0.2.2 over UDP at 1 ms, for 3 ms: NOERROR",
        "a.example. AAAA, kept from before, ttl 9: \(LookupFailure.noData)",
      ]
    ),
    (
      Resolution(
        source: .servers, failure: .serverFailure,
        findings: [
          finding("a.example", .a, [], .serverFailure, [asked(1, .failed(.serverFailure))]),
          finding("a.example", .aaaa, [], .overload),
        ]),
      [
        "a.example. A: \(LookupFailure.serverFailure)",
        "  192.0.2.1 over UDP at 1 ms, for 3 ms: \(LookupFailure.serverFailure)",
        "a.example. AAAA: \(LookupFailure.overload)",
      ]
    ),
    (
      Resolution(canonicalName: domain("a.example"), source: .cache, failure: .timeout),
      ["a.example.: \(LookupFailure.timeout)"]
    ),
  ]

  @Test(arguments: rows)
  func `what was found out about a name is told in lines`(
    resolution: Resolution, lines: [String]
  ) {
    #expect(resolution.lines == lines)
  }

  @Test func `of many addresses the first are told`() {
    let many = (0..<64).map { IPAddress.ipv4(0xc000_0200 | $0) }
    let line =
      Resolution(addresses: many, canonicalName: domain("a.example"), source: .hostsFile)
      .lines.first ?? ""
    #expect(line.hasSuffix(" 192.0.2.15 and 48 more"))
  }
}
