import DNS
import Testing

@Suite struct AddressOrderTests {
  /// Addresses with where this host would send from (none: no way there), and their order. The examples
  /// of RFC 6724 section 10.2 that rules 1, 2, 5, 6 and 8 decide, and our own.
  static let rows: [([(String, String?)], [String])] = [
    // Same scope before IPv6 over IPv4.
    (
      [("2001:db8:1::1", "2001:db8:1::2"), ("198.51.100.121", "169.254.13.78")],
      ["2001:db8:1::1", "198.51.100.121"]
    ),
    (
      [("2001:db8:1::1", "fe80::1"), ("198.51.100.121", "198.51.100.117")],
      ["198.51.100.121", "2001:db8:1::1"]
    ),
    // The smaller scope.
    ([("2001:db8:1::1", "2001:db8:1::2"), ("fe80::1", "fe80::2")], ["fe80::1", "2001:db8:1::1"]),
    // The same label before precedence.
    (
      [("2002:c633:6401::1", "2002:c633:6401::2"), ("2001:db8:1::1", "2002:c633:6401::2")],
      ["2002:c633:6401::1", "2001:db8:1::1"]
    ),
    // Precedence.
    (
      [("2002:c633:6401::1", "2002:c633:6401::2"), ("2001:db8:1::1", "2001:db8:1::2")],
      ["2001:db8:1::1", "2002:c633:6401::1"]
    ),
    ([("10.1.2.3", "10.1.2.4"), ("2001:db8::1", "2001:db8::2")], ["2001:db8::1", "10.1.2.3"]),
    // Private IPv6 behind IPv4.
    ([("fd00::1", "fd00::2"), ("192.0.2.1", "192.0.2.9")], ["192.0.2.1", "fd00::1"]),
    // No way there at all: left out as long as there is another.
    ([("2001:db8::1", nil), ("192.0.2.1", "192.0.2.9")], ["192.0.2.1"]),
    ([("192.0.2.1", nil), ("2001:db8::1", nil)], ["2001:db8::1", "192.0.2.1"]),
    // Loopback.
    ([("127.0.0.1", "127.0.0.1"), ("::1", "::1")], ["::1", "127.0.0.1"]),
    // As they came.
    (
      [("192.0.2.2", "192.0.2.9"), ("192.0.2.1", "192.0.2.9"), ("198.51.100.1", "192.0.2.9")],
      ["192.0.2.2", "192.0.2.1", "198.51.100.1"]
    ),
    ([], []),
  ]

  @Test(arguments: rows)
  func `addresses come in the order of RFC 6724`(
    candidates: [(String, String?)], order: [String]
  ) {
    let sorted = AddressOrder.sorted(
      candidates.map { .init(address($0.0), source: $0.1.map { address($0) }) })
    #expect(sorted.map { "\($0)" } == order)
  }
}
