import Model
import OpenSSL
import Postgres
import Testing

@testable import Store

@Suite struct AccountValueTests {
  @Test func `a secret is told from a mistyped one and from one of another purpose`() {
    let token = RefreshToken.random()
    #expect(token.text.hasPrefix("upb_rt_"))
    #expect(token.text.utf8.count == 7 + 30 + 6)
    #expect(RefreshToken(token.text) == token)
    #expect(APIKeySecret(token.text) == nil)
    #expect(APIKeySecret("upb_key_" + token.text.dropFirst(7)) == nil)
    for index in token.text.indices {
      var text = token.text
      text.replaceSubrange(index...index, with: text[index] == "x" ? "y" : "x")
      #expect(RefreshToken(text) == nil)
    }
  }

  private static let addresses: [(String, String?)] = [
    ("Ann@Example.ORG", "ann@example.org"), ("  ann@example.org\n", "ann@example.org"),
    ("ann+x@example", "ann+x@example"), ("a.n.n@a-b.c", "a.n.n@a-b.c"),
    ("{a}'b=c@xn--bcher-kva.example", "{a}'b=c@xn--bcher-kva.example"),
    ("", nil), ("ann", nil), ("@example.org", nil), ("ann@", nil), ("a@b@c", nil),
    ("an n@example.org", nil), ("ann@example.org\u{0}", nil), ("ann@\u{202e}example.org", nil),
    ("ann@.org", nil), ("ann@org.", nil), ("ann@exa\r\nmple.org", nil), ("ann@a..b", nil),
    (".ann@example.org", nil), ("ann.@example.org", nil), ("a..n@example.org", nil),
    ("\"ann\"@example.org", nil), ("ann@[192.0.2.1]", nil), ("ann@-a.org", nil),
    ("ann@a-.org", nil), ("ann@a_b.org", nil), ("ann@example.org,", nil), ("<ann@b>", nil),
    // Letters that look like others: a Cyrillic a, a long s, a Kelvin sign, an accent of its own.
    ("\u{430}nn@example.org", nil), ("ann@example.o\u{17f}g", nil), ("\u{212a}im@example.org", nil),
    ("\u{c4}nn@example.org", nil), ("a\u{301}nn@example.org", nil),
    ("\u{a0}ann@example.org", nil),
    (
      String(repeating: "a", count: 64) + "@example.org",
      String(repeating: "a", count: 64)
        + "@example.org"
    ),
    (String(repeating: "a", count: 65) + "@example.org", nil),
    ("a@" + String(repeating: "b", count: 64), nil),
    ("a@" + String(repeating: "b.", count: 126) + "b", nil),
  ]

  @Test(arguments: addresses)
  func `an e-mail address is known by its small letters`(_ text: String, _ key: String?) {
    #expect(EmailAddress(text)?.key == key)
  }

  @Test func `nothing that is printed tells a secret`() throws {
    let key = APIKeySecret.random()
    let refresh = RefreshToken.random()
    let invitation = InvitationSecret.random()
    let totp = try TOTP.random()
    let code = try RecoveryCode.random()
    let secrets: [(any Sendable, String)] = [
      (key, key.text), (refresh, refresh.text), (invitation, invitation.text),
      (totp, totp.text), (code, code.text),
    ]
    for (value, text) in secrets {
      var dumped = ""
      dump(value, to: &dumped)
      dump([value], to: &dumped)
      let printed = [
        String(describing: value), String(reflecting: value), "\(value)", "\([value])", dumped,
        String(reflecting: Optional(value)),
      ]
      for line in printed {
        #expect(!line.contains(text.dropFirst(8)) && line.contains("..."))
      }
    }
    var bytes = ""
    dump(totp, to: &bytes)
    #expect(!bytes.contains("elements"))
  }

  private static let passwords: [(String, PasswordRules.Problem?)] = [
    ("elevenchars", .tooShort), ("twelve chars", nil), ("", .tooShort),
    (String(repeating: "abcdef", count: 42) + "abcd", nil),
    (String(repeating: "abcdef", count: 42) + "abcdefg", .tooLong),
    ("aaaaaaaaaaaa", .tooUniform), ("121212121212", .tooUniform), ("abcdabcdabcd", .tooUniform),
    ("abcdeabcdeab", nil), ("Ann@Example.org", .isOwnAddress),
    ("\r\n\r\n\r\n\r\n\r\n\r\n", .tooUniform),
    (
      "\u{1f600}\u{1f601}\u{1f602}\u{1f603}\u{1f604}\u{1f605}\u{1f606}\u{1f607}\u{1f608}\u{1f609}"
        + "\u{1f60a}\u{1f60b}", nil
    ),
  ]

  @Test(arguments: passwords)
  func `a password must be long and not all the same`(
    _ text: String, _ problem: PasswordRules.Problem?
  ) throws {
    let email = try #require(EmailAddress("ann@example.org"))
    #expect(PasswordRules.problem(with: text, of: email) == problem)
  }

  private static let networks: [(String, String?)] = [
    ("192.0.2.0/24", "192.0.2.0/24"), ("192.0.2.7", "192.0.2.7/32"), ("0.0.0.0/0", "0.0.0.0/0"),
    ("2001:DB8::/32", "2001:db8::/32"), ("::1", "::1/128"),
    ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ("192.0.2.1/24", nil), ("192.0.2.0/33", nil), ("2001:db8::/129", nil), ("192.0.2.0/", nil),
    ("192.0.2.0/-1", nil), ("192.0.2.0/+8", nil), ("192.0.2/24", nil), ("example.org", nil),
    ("fe80::1%eth0", nil), ("", nil), ("192.0.2.0/24/24", nil), ("::ffff:192.0.2.0/24", nil),
  ]

  @Test(arguments: networks)
  func `a network is read, or refused whole`(_ text: String, _ expected: String?) {
    #expect(IPNetwork(text)?.description == expected)
  }

  private static let within: [(String, String, Bool)] = [
    ("192.0.2.0/24", "192.0.2.0/24", true), ("192.0.2.0/24", "192.0.2.128/25", true),
    ("192.0.2.0/24", "192.0.0.0/16", false), ("192.0.2.0/24", "192.0.3.0/25", false),
    ("0.0.0.0/0", "::/0", false), ("2001:db8::/32", "2001:db8:1::/48", true),
  ]

  @Test(arguments: within)
  func `a network is in another that begins as it does`(
    _ outer: String, _ inner: String, _ isIn: Bool
  ) throws {
    let (outer, inner) = (try #require(IPNetwork(outer)), try #require(IPNetwork(inner)))
    #expect(outer.contains(inner) == isIn)
  }

  private static let memberships: [(String, String, Bool)] = [
    ("192.0.2.0/25", "192.0.2.127", true), ("192.0.2.0/25", "192.0.2.128", false),
    ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false), ("::/0", "192.0.2.1", false),
    ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
    ("2001:db8::/33", "2001:db8:8000::1", false),
  ]

  @Test(arguments: memberships)
  func `an address is in a network that begins as it does`(
    _ network: String, _ address: String, _ isIn: Bool
  ) throws {
    let network = try #require(IPNetwork(network))
    #expect(network.contains(try #require(IPAddress(text: address))) == isIn)
  }

  @Test func `tries of one customer's addresses are counted together`() throws {
    #expect(try #require(IPAddress(text: "192.0.2.1")).customer.description == "192.0.2.1/32")
    #expect(
      try #require(IPAddress(text: "2001:db8::1:2:3:4")).customer.description == "2001:db8::/64")
  }
}

@Suite struct RateLimitTests {
  private static func at(_ ms: Int64) -> Timestamp { Timestamp(milliseconds: ms) }

  @Test func `a burst may come at once, then one each refill`() {
    let limit = RateLimit(burst: 3, refillMs: 1000)
    var clearAt: Timestamp?
    var left: [Int64] = []
    for _ in 0..<3 {
      guard case .allowed(let moment, let more) = limit.take(clearAt: clearAt, now: Self.at(0))
      else { Issue.record("refused within the burst"); return }
      clearAt = moment
      left.append(more)
    }
    #expect(left == [2, 1, 0])
    #expect(limit.take(clearAt: clearAt, now: Self.at(0)) == .refused(retryAfterMs: 1000))
    #expect(limit.take(clearAt: clearAt, now: Self.at(999)) == .refused(retryAfterMs: 1))
    #expect(
      limit.take(clearAt: clearAt, now: Self.at(1000))
        == .allowed(clearAt: Self.at(4000), left: 0))
    #expect(
      limit.take(clearAt: clearAt, now: Self.at(9000))
        == .allowed(clearAt: Self.at(10_000), left: 2))
  }

  @Test func `a clock that was set back locks nobody out for longer than a refill`() {
    let limit = RateLimit(burst: 3, refillMs: 1000)
    let far = Timestamp(microseconds: .max)
    #expect(limit.take(clearAt: far, now: Self.at(0)) == .refused(retryAfterMs: 1000))
    #expect(
      RateLimit(burst: .max, refillMs: .max).take(clearAt: far, now: far)
        == RateLimit(burst: 1_000_000, refillMs: 86_400_000).take(clearAt: far, now: far))
  }
}
