import AgentCore
import Model
import Testing

@Suite struct AddressJudgementTests {
  static let ipv4: [(UInt32, AddressRule?)] = [
    (0x0000_0000, .unspecified), (0x0001_0203, .unspecified), (0x7f00_0001, .loopback),
    (0x7fff_ffff, .loopback), (0xa9fe_a9fe, .metadata), (0xa9fe_0001, .linkLocal),
    (0x6464_64c8, .metadata), (0xc000_00c0, .metadata), (0xa83f_8110, .metadata),
    (0xe000_0001, .multicast), (0xefff_ffff, .multicast), (0xffff_ffff, .broadcast),
    (0x0a00_0001, nil), (0xc0a8_0101, nil), (0x0808_0808, nil), (0x6464_64c7, nil),
    (0xa9ff_0001, nil),
  ]

  @Test(arguments: ipv4)
  func `an IPv4 address is judged alike in every form that carries it`(
    address: UInt32, rule: AddressRule?
  ) {
    let rules = AddressRules(allowsLoopback: false)
    let low = UInt64(address)
    #expect(rules.refusal(ipv4: address) == rule)
    #expect(rules.refusal(ipv6: 0, 0xffff_0000_0000 | low) == rule)
    #expect(rules.refusal(ipv6: 0, 0xffff_0000_0000_0000 | low) == rule)
    #expect(rules.refusal(ipv6: 0x0064_ff9b_0000_0000, low) == rule)
    #expect(rules.refusal(ipv6: 0x0064_ff9b_0001_0002, low) == rule)
    #expect(
      rules.refusal(ipv6: 0x0064_ff9b_0001_0000 | low >> 16, (low & 0xffff) << 40) == rule)
    #expect(rules.refusal(ipv6: 0x2002_0000_0000_0000 | low << 16, 1) == rule)
    #expect(rules.refusal(ipv6: 0x2001_0000_0102_0304, low ^ 0xffff_ffff) == rule)
  }

  static let ipv6: [(UInt64, UInt64, AddressRule?)] = [
    (0, 0, .unspecified), (0, 1, .loopback), (0xfe80_0000_0000_0000, 1, .linkLocal),
    (0xfebf_ffff_ffff_ffff, 1, .linkLocal), (0xfec0_0000_0000_0000, 1, nil),
    (0xff02_0000_0000_0000, 1, .multicast), (0xfd00_0ec2_0000_0000, 0x254, .metadata),
    (0xfd00_0ec2_0000_0000, 0x23, .metadata), (0xfd00_0ec2_ffff_ffff, 1, .metadata),
    (0xfd00_0ec3_0000_0000, 0x254, nil), (0x2001_0db8_0000_0000, 1, nil),
    // 64:ff9b:1:a9fe:a9:fe00::, 64:ff9b:1:7f00:0:100:808:808, 64:ff9b:1:808:8:800:7f00:1
    (0x0064_ff9b_0001_a9fe, 0x00a9_fe00_0000_0000, .metadata),
    (0x0064_ff9b_0001_7f00, 0x0000_0100_0808_0808, .loopback),
    (0x0064_ff9b_0001_0808, 0x0008_0800_7f00_0001, .loopback),
    (0x0064_ff9b_0001_0808, 0x0008_0800_0000_0000, nil),
  ]

  @Test(arguments: ipv6)
  func `an IPv6 address is judged by its own range`(
    high: UInt64, low: UInt64, rule: AddressRule?
  ) {
    #expect(AddressRules(allowsLoopback: false).refusal(ipv6: high, low) == rule)
  }

  @Test func `loopback is allowed where the agent's configuration says so, and only loopback`() {
    let rules = AddressRules(allowsLoopback: true)
    #expect(rules.refusal(ipv4: 0x7f00_0001) == nil)
    #expect(rules.refusal(ipv6: 0, 1) == nil)
    #expect(rules.refusal(ipv6: 0, 0xffff_7f00_0001) == nil)
    #expect(rules.refusal(ipv4: 0) == .unspecified)
    #expect(rules.refusal(ipv6: 0, 0xffff_a9fe_a9fe) == .metadata)
  }

  @Test(
    arguments: [
      (0, 0, "::"), (0, 1, "::1"), (0x2001_0db8_0000_0000, 0, "2001:db8::"),
      (0x2001_0db8_0000_0001, 0x0001_0000_0000_0001, "2001:db8:0:1:1::1"),
      (0xfd00_0ec2_0000_0000, 0x254, "fd00:ec2::254"),
      (0x0001_0002_0003_0004, 0x0005_0006_0007_0008, "1:2:3:4:5:6:7:8"),
      (0x0001_0000_0003_0004, 0x0005_0006_0007_0008, "1:0:3:4:5:6:7:8"),
    ] as [(UInt64, UInt64, String)])
  func `an IPv6 address is written in its short form`(high: UInt64, low: UInt64, text: String) {
    #expect(IPAddress.ipv6(high: high, low: low).description == text)
    #expect(IPAddress.ipv4(0xa9fe_a9fe).description == "169.254.169.254")
  }

  @Test(arguments: [
    ("10.1.2.3", true), ("172.16.0.1", true), ("172.31.255.255", true), ("172.32.0.1", false),
    ("192.168.1.1", true), ("192.169.1.1", false), ("100.64.0.1", true), ("100.128.0.1", false),
    ("fd12:3456::1", true), ("fc00::1", true), ("2001:db8::1", false), ("::ffff:10.0.0.1", true),
    ("64:ff9b::a00:1", true), ("8.8.8.8", false), ("198.18.0.1", true), ("198.19.255.1", true),
    ("198.20.0.1", false), ("192.0.0.8", true), ("192.0.1.1", false), ("240.10.0.5", true),
    ("fec0::5", true), ("feff::1", true),
  ])
  func `private networks are refused where the operator says so`(
    _ text: String, _ isPrivate: Bool
  ) throws {
    let address = try #require(IPAddress(text: text))
    let rules = AddressRules(allowsLoopback: false, deniesPrivate: true)
    #expect(rules.refusal(address) == (isPrivate ? .privateRange : nil))
    #expect(AddressRules(allowsLoopback: false).refusal(address) == nil)
  }
}
