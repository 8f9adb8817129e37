import Model
import DNS
import Testing

@Suite struct HostFileTests {
  private static func parsed(_ text: String) -> ResolverConfiguration {
    ResolverConfiguration(parsing: Array(text.utf8))
  }

  @Test func `an empty resolv conf means a server on this host`() {
    for text in [
      "", "\n\n", "# nameserver 192.0.2.1\n; nameserver 192.0.2.2", "nameserver\n", "\0",
    ] {
      let configuration = Self.parsed(text)
      #expect(configuration == ResolverConfiguration(), "\(text)")
      #expect(configuration.servers == [ServerAddress(.ipv4(0x7f00_0001))])
    }
  }

  @Test func `a resolv conf is read as glibc does`() {
    let configuration = Self.parsed(
      """
      # made by hand
      domain old.example
      nameserver 192.0.2.1\r
      nameserver\t2001:db8::1  # a comment is no part of it
      nameserver not-an-address
      nameserver fe80::1%eth0
      nameserver 192.0.2.9
      search a.example  b.example. ..  c.example
      options ndots:2 timeout:3 attempts:4 rotate edns0 trust-ad use-vc no-aaaa unknown
      sortlist 10.0.0.0
      """)
    #expect(
      configuration.servers == [
        ServerAddress(address("192.0.2.1")), ServerAddress(address("2001:db8::1")),
        ServerAddress(address("fe80::1"), zone: "eth0"),
      ])
    #expect(configuration.search == ["a.example", "b.example", "c.example"].map { domain($0) })
    #expect(configuration.dots == 2)
    #expect(configuration.timeoutSeconds == 3)
    #expect(configuration.attempts == 4)
    #expect(configuration.rotates)
    #expect(configuration.usesExtended)
    #expect(configuration.trustsAuthenticData)
    #expect(configuration.usesTCP)
    #expect(configuration.avoidsIPv6)
    let policy = configuration.policy
    #expect(policy.transport == .tcp)
    #expect(policy.tries == 4)
    #expect(policy.retryUs == 3_000_000)
    #expect(policy.wantsAuthenticData)
  }

  @Test(arguments: [
    ("options ndots:99", 15, 5, 2), ("options ndots:-3", 0, 5, 2), ("options ndots:", 1, 5, 2),
    ("options ndots:x timeout:0 attempts:0", 1, 1, 1),
    ("options timeout:99999999999999999999", 1, 5, 2), ("options timeout:3600", 1, 30, 2),
    ("options attempts:9", 1, 5, 5), ("options ndots:2\noptions ndots:3", 3, 5, 2),
  ])
  func `options have bounds`(text: String, dots: Int, timeout: Int, attempts: Int) {
    let configuration = Self.parsed(text)
    #expect(configuration.dots == dots)
    #expect(configuration.timeoutSeconds == timeout)
    #expect(configuration.attempts == attempts)
  }

  @Test func `the last of domain and search counts, and the port is the caller's`() {
    #expect(Self.parsed("search a.example\ndomain b.example").search == [domain("b.example")])
    #expect(Self.parsed("domain b.example\nsearch a.example").search == [domain("a.example")])
    #expect(Self.parsed("search a.example\nsearch").search == [])
    let configuration = ResolverConfiguration(parsing: Array("nameserver ::1".utf8), port: 5_300)
    #expect(configuration.servers.map { "\($0)" } == ["[::1]:5300"])
  }

  @Test func `a hosts file gives each of its names an address a line`() {
    let hosts = HostsFile(
      parsing: Array(
        """
        127.0.0.1 localhost
        ::1\tlocalhost ip6-localhost # and so on
        192.0.2.1 Web.Example web # not.this
        192.0.2.2 web.example
        192.0.2.1 web.example
        #192.0.2.3 gone.example
        127.1 short.example
        192.0.2.4
        192.0.2.5 bad..name good.example\r
        fe80::1%eth0 zoned.example
        """.utf8))
    #expect(hosts.addresses(of: domain("LOCALHOST")) == [address("127.0.0.1"), address("::1")])
    #expect(hosts.addresses(of: domain("ip6-localhost")) == [address("::1")])
    #expect(
      hosts.addresses(of: domain("web.example.")) == [address("192.0.2.1"), address("192.0.2.2")])
    #expect(hosts.addresses(of: domain("good.example")) == [address("192.0.2.5")])
    for text in ["not.this", "gone.example", "short.example", "zoned.example", "example"] {
      #expect(hosts.addresses(of: domain(text)).isEmpty, "\(text)")
    }
    #expect(HostsFile(parsing: []) == HostsFile())
  }

  @Test func `a name of thousands of lines keeps 64 addresses`() {
    let lines = (0..<5_000).map { "192.0.\($0 / 250).\($0 % 250) many.example" }
    let hosts = HostsFile(parsing: Array(lines.joined(separator: "\n").utf8))
    #expect(hosts.addresses(of: domain("many.example")).count == 64)
  }
}
