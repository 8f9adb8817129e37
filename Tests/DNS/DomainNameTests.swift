import Model
import DNS
import Testing
import WireFuzzing

@Suite struct DomainNameTests {
  @Test(arguments: [
    ("example.org", "example.org."), ("example.org.", "example.org."), (".", "."),
    ("WWW.Example.ORG", "WWW.Example.ORG."), ("a\\.b.example", "a\\.b.example."),
    ("sp\\032ace.example", "sp\\032ace.example."), ("\\065.example", "A.example."),
    ("_sip._tcp.example", "_sip._tcp.example."), ("\\000\\255.", "\\000\\255."),
    ("xn--bcher-kva.example", "xn--bcher-kva.example."), ("semi\\;colon", "semi\\;colon."),
  ])
  func `a name is read and written as master files have it`(text: String, written: String) throws {
    let name = try DomainName(text)
    #expect("\(name)" == written)
    #expect(try DomainName(written) == name)
  }

  @Test(
    arguments: [
      ("", .empty), ("..", .emptyLabel), (".a", .emptyLabel), ("a..b", .emptyLabel),
      ("bücher.example", .notASCII), ("a b", .badCharacter(32)), ("a\u{0}b", .badCharacter(0)),
      ("a\r\nb", .badCharacter(13)), ("a\\", .badEscape), ("a\\25", .badEscape),
      ("a\\256", .badEscape), ("a\\2x5", .badEscape), ("a\\é", .notASCII),
      (String(repeating: "a", count: 64), .labelTooLong),
      (String(repeating: "a.", count: 128), .tooLong),
      (String(repeating: "\\097", count: 64) + ".b", .labelTooLong),
      (String(repeating: "x", count: 2_000), .tooLong),
    ] as [(String, DomainNameError)])
  func `what is no name is refused with its reason`(text: String, error: DomainNameError) {
    #expect(throws: error) { try DomainName(text) }
    #expect(!"\(error)".isEmpty)
  }

  @Test func `the longest label and the longest name are taken, and one byte more is not`() throws {
    #expect(try DomainName(String(repeating: "a", count: 63)).bytes.count == 65)
    // Three labels of 63 and one of 61: 3 * 64 + 62 + 1 = 255.
    let long = [63, 63, 63, 61].map { String(repeating: "b", count: $0) }.joined(separator: ".")
    #expect(try DomainName(long).bytes.count == 255)
    #expect(throws: DomainNameError.tooLong) { try DomainName(long + "b") }
    let name = try DomainName(long)
    #expect(throws: DomainNameError.tooLong) { try name.appending(name) }
    #expect(try name.appending(.root) == name)
  }

  @Test func `names are equal whatever the case of their letters, and of nothing else`() throws {
    let name = try DomainName("Mixed.Example")
    #expect(try name == DomainName("mIXED.eXAMPLE."))
    #expect(try name.hashValue == DomainName("mixed.example").hashValue)
    #expect(try !name.isIdentical(to: DomainName("mixed.example")))
    // 0x5b and 0x7b differ by the bit that tells the case of letters, and are no letters.
    #expect(try DomainName("\\[") != DomainName("\\{"))
    #expect(try DomainName("\\192") != DomainName("\\224"))
    #expect(try DomainName("ab.c") != DomainName("a.bc"))
  }

  @Test func `a last dot says that a name is whole`() throws {
    #expect(try DomainName.parse("a.b.").isAbsolute)
    #expect(try !DomainName.parse("a.b").isAbsolute)
    #expect(try !DomainName.parse("a.b\\.").isAbsolute)
    #expect(try DomainName.parse(".").isAbsolute)
  }

  @Test func `a name knows what it lies within`() throws {
    let name = try DomainName("a.b.Example")
    #expect(try name.isWithin(DomainName("B.example")))
    #expect(name.isWithin(name))
    #expect(name.isWithin(.root))
    #expect(try !name.isWithin(DomainName("xb.example")))
    #expect(try !DomainName("example").isWithin(name))
    #expect(name.labelCount == 3)
    #expect(DomainName.root.labelCount == 0)
  }

  @Test func `a name that ends in a number can't be a host's`() throws {
    #expect(try DomainName("127.1").endsInNumber)
    #expect(try !DomainName("1.example").endsInNumber)
    #expect(try !DomainName("0x7f").endsInNumber)
    #expect(!DomainName.root.endsInNumber)
  }

  @Test func `mixed case changes letters alone, and differs with the generator`() throws {
    var generator = SeededGenerator(seed: 3)
    let name = try DomainName("abcdefghijklmnopqrstuvwxyz-0123456789.\\[\\200.example")
    let first = name.mixingCase(using: &generator)
    let second = name.mixingCase(using: &generator)
    #expect(first == name)
    #expect(second == name)
    #expect(!first.isIdentical(to: second))
    #expect(!first.isIdentical(to: name))
  }

  @Test func `an address's reverse name`() {
    #expect("\(DomainName(reverseOf: .ipv4(0xc000_0207)))" == "7.2.0.192.in-addr.arpa.")
    let long = DomainName(reverseOf: .ipv6(high: 0x2001_0db8_0000_0000, low: 0x0000_0000_0567_89ab))
    #expect(
      "\(long)" == "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.")
  }
}
