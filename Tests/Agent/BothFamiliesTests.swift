import AgentCore
import Model
import Testing

/// What two halves of a probe make of their target.
@Suite struct BothFamiliesTests {
  private static let slow = Outcome.degraded(Failure(.slow, detail: "took 9 ms"))
  private static let status = Outcome.failed(Failure(.httpStatus, detail: "status 500"))
  private static let refused = Outcome.failed(Failure(.tcpRefused, detail: "refused"))
  private static let late = Outcome.failed(Failure(.timeoutConnect, detail: "no answer"))
  private static let unnamed = Outcome.failed(Failure(.dnsNoData, detail: "no address"))
  private static let own = Outcome.failed(Failure(.agentNoRoute, detail: "no way"))
  private static let full = Outcome.failed(Failure(.agentOverload, detail: "no room"))

  private static func record(_ outcome: Outcome, total: UInt32 = 20) -> ProbeRecord {
    var record = ProbeRecord(
      slot: 7, startedAtMs: 1_000, total: total,
      phases: Phases(dns: 1, connect: 2, tls: 2, firstByte: total), outcome: outcome)
    record.status = UInt16(total)
    return record
  }

  @Test(
    arguments: [
      // Well over both, or not as well over one.
      (.up, .up, .ipv4, nil, ""),
      (.up, slow, .ipv6, .slow, "over IPv6: took 9 ms"),
      (slow, .up, .ipv4, .slow, "over IPv4: took 9 ms"),
      (slow, slow, .ipv4, .slow, "over IPv4 and IPv6: took 9 ms"),
      (.degraded(nil), .up, .ipv4, nil, ""),
      // One failure is the target's.
      (.up, refused, .ipv6, .tcpRefused, "over IPv6: refused"),
      (status, .up, .ipv4, .httpStatus, "over IPv4: status 500"),
      (slow, unnamed, .ipv6, .dnsNoData, "over IPv6: no address"),
      (late, slow, .ipv4, .timeoutConnect, "over IPv4: no answer"),
      // Of two the target's own answer says more than a way that may be broken elsewhere.
      (late, refused, .ipv6, .tcpRefused, "over IPv6: refused; over IPv4: no answer"),
      (status, late, .ipv4, .httpStatus, "over IPv4: status 500; over IPv6: no answer"),
      (status, refused, .ipv4, .httpStatus, "over IPv4: status 500; over IPv6: refused"),
      (refused, refused, .ipv4, .tcpRefused, "over IPv4 and IPv6: refused"),
      (unnamed, late, .ipv4, .dnsNoData, "over IPv4: no address; over IPv6: no answer"),
      // The agent's own trouble is neither the target's outage nor its being up.
      (.up, own, .ipv6, .agentNoRoute, "over IPv6: no way"),
      (own, slow, .ipv4, .agentNoRoute, "over IPv4: no way"),
      (own, refused, .ipv6, .tcpRefused, "over IPv6: refused"),
      (late, own, .ipv4, .timeoutConnect, "over IPv4: no answer"),
      (own, own, .ipv4, .agentNoRoute, "over IPv4 and IPv6: no way"),
      (full, own, .ipv4, .agentOverload, "over IPv4: no room; over IPv6: no way"),
    ] as [(Outcome, Outcome, BothFamilies.Half, Reason?, String)])
  func `the worse half decides, and says over what it was`(
    _ ipv4: Outcome, _ ipv6: Outcome, _ decisive: BothFamilies.Half, _ reason: Reason?,
    _ words: String
  ) {
    let found = BothFamilies(ipv4: Self.record(ipv4), ipv6: Self.record(ipv6))
    #expect(found.decisive == decisive)
    #expect(found.record.outcome.failure?.reason == reason)
    #expect(found.record.outcome.failure?.detail ?? "" == words)
    #expect(found.record.outcome.isUp == (ipv4.isUp && ipv6.isUp))
  }

  @Test(
    arguments: [
      (.up, 10, .up, 30, .ipv6), (.up, 30, .up, 10, .ipv4), (slow, 10, slow, 30, .ipv6),
      // What is worse decides though it was quicker.
      (.up, 900, refused, 2, .ipv6), (refused, 2, .up, 900, .ipv4),
      // Times do not choose between failures.
      (refused, 2, status, 900, .ipv4), (refused, 900, status, 2, .ipv4),
    ] as [(Outcome, UInt32, Outcome, UInt32, BothFamilies.Half)])
  func `the times are those of the half that decides, of two that are well the slower`(
    _ ipv4: Outcome, _ ipv4Total: UInt32, _ ipv6: Outcome, _ ipv6Total: UInt32,
    _ half: BothFamilies.Half
  ) {
    let found = BothFamilies(
      ipv4: Self.record(ipv4, total: ipv4Total), ipv6: Self.record(ipv6, total: ipv6Total))
    var expected = found[half]
    expected.outcome = found.record.outcome
    #expect(found.decisive == half)
    #expect(found.record == expected)
  }

  @Test func `long words of both leave each a part, within what is carried`() throws {
    let long = String(repeating: "é", count: 200)
    func failed(_ reason: Reason, _ end: String) -> ProbeRecord {
      Self.record(.failed(Failure(reason, detail: end + long)))
    }
    for (ipv4, ipv6) in [
      (failed(.httpStatus, "a"), failed(.tcpRefused, "b")),
      (failed(.httpStatus, "a"), failed(.httpStatus, "a")),
      (failed(.httpStatus, "a"), Self.record(.up)),
    ] {
      let record = BothFamilies(ipv4: ipv4, ipv6: ipv6).record
      let detail = try #require(record.outcome.failure?.detail)
      #expect(detail.utf8.count <= 255)
      #expect(detail.hasPrefix("over IPv4"))
      if ipv6.outcome.failure?.reason == .tcpRefused { #expect(detail.contains("over IPv6: bé")) }
    }
  }

  @Test func `a line tells a half's address, outcome and phases`() {
    let unnamed = ProbeRecord(slot: 7, startedAtMs: 1, total: 4, outcome: Self.unnamed)
    let found = BothFamilies(ipv4: Self.record(.up), ipv6: unnamed)
    #expect(
      found.line(of: .ipv4, address: "ipv4 192.0.2.1 443")
        == "over ipv4 192.0.2.1 443: up; dns 0.1 ms, connect 0.2 ms, tls 0.2 ms, "
        + "first byte 2.0 ms, total 2.0 ms")
    #expect(found.line(of: .ipv6, address: "") == "over ipv6: dns.nodata; total 0.4 ms")
    let slow = BothFamilies(ipv4: Self.record(Self.slow), ipv6: Self.record(.degraded(nil)))
    #expect(slow.line(of: .ipv4, address: "").hasPrefix("over ipv4: degraded time.slow; dns"))
    #expect(slow.line(of: .ipv6, address: "").hasPrefix("over ipv6: degraded; dns"))
  }
}
