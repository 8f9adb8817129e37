import Model
import DNS
import Testing

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8::0001", "2001:db8::1"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "::ffff:c000:201"),
    ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
  ])
  func `an address is read and written in its one form`(text: String, written: String) throws {
    let address = try #require(IPAddress(text: text))
    #expect("\(address)" == written)
    #expect(IPAddress(text: written) == address)
    #expect(address.bytes.withUnsafeBytes { IPAddress($0) } == address)
  }

  @Test(arguments: [
    "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "0x7f.0.0.1", "127.1",
    "1.2.3.4 ", "1.2.3.-4", "1.2.3.", "1..2.3", "2130706433", ":", ":::", "1:", ":1", "1:2",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "[::1]",
    "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "::ffff:1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4",
    "fe80::1/64", "١.2.3.4",
  ])
  func `what programs read differently, or not at all, is no address`(text: String) {
    #expect(IPAddress(text: text) == nil)
  }

  @Test func `loopback is known in both families`() {
    #expect(IPAddress.ipv4(0x7fff_0001).isLoopback)
    #expect(IPAddress.ipv6(high: 0, low: 1).isLoopback)
    #expect(!IPAddress.ipv6(high: 0, low: 2).isLoopback)
    #expect(!IPAddress.ipv4(0x8000_0001).isLoopback)
  }
}
