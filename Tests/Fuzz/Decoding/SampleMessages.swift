import Model
import DNS

/// Messages of the DNS with a record of every type that is read, and without.
public enum SampleMessages {
  /// What all of them ask or answer.
  public static let name = sampleName("www.example.org")

  /// A name that is known to be one.
  public static func sampleName(_ text: String) -> DomainName {
    (try? DomainName(text)) ?? .root
  }

  private static func record(
    _ type: RecordType, _ data: RecordData, _ owner: DomainName = name
  ) -> ResourceRecord {
    ResourceRecord(name: owner, type: type, ttl: 300, data: data)
  }

  /// One record of each type, behind names that share their ends.
  public static let records: [ResourceRecord] = [
    record(.a, .address(.ipv4(0xc000_0201))),
    record(.aaaa, .address(.ipv6(high: 0x2001_0db8_0000_0000, low: 1))),
    record(.ns, .name(sampleName("ns1.example.org"))),
    record(.cname, .name(sampleName("web.example.net"))),
    record(.ptr, .name(sampleName("host.example.org"))),
    record(.dname, .name(sampleName("example.com"))),
    record(.mx, .mailExchange(preference: 10, exchange: sampleName("mail.example.org"))),
    record(
      .soa,
      .startOfAuthority(
        StartOfAuthority(
          primary: sampleName("ns1.example.org"), mailbox: sampleName("admin.example.org"),
          serial: 2_026_010_101, refresh: 3_600, retry: 600, expire: 86_400, minimum: 60))),
    record(.txt, .text([Array("v=spf1 -all".utf8), [], [0, 34, 92, 255]])),
    record(.spf, .text([Array("v=spf1".utf8)])),
    record(
      .srv,
      .service(
        ServiceLocation(
          priority: 10, weight: 5, port: 5_060, target: sampleName("sip.example.org")))),
    record(
      .naptr,
      .naming(
        NamingRule(
          order: 100, preference: 50, flags: Array("s".utf8), services: Array("SIP+D2U".utf8),
          expression: [], replacement: sampleName("_sip._udp.example.org")))),
    record(
      .caa,
      .authorization(
        Authorization(flags: 0, tag: Array("issue".utf8), value: Array("ca.example".utf8)))),
    record(
      .https,
      .binding(
        ServiceBinding(
          priority: 1, target: .root,
          parameters: [
            .init(key: 0, value: [0, 1]), .init(key: 1, value: [2, 104, 50, 2, 104, 51]),
            .init(key: 3, value: [1, 187]), .init(key: 4, value: [192, 0, 2, 1]),
            .init(key: 5, value: [1, 2, 3]), .init(key: 667, value: Array("a,b".utf8)),
          ]))),
    record(.svcb, .binding(ServiceBinding(priority: 0, target: sampleName("svc.example.net")))),
    record(.tlsa, .tlsAssociation(usage: 3, selector: 1, matching: 1, data: [0xab, 0xcd])),
    record(.sshfp, .sshFingerprint(algorithm: 4, kind: 2, fingerprint: [1, 2, 3])),
    record(
      .ds, .delegationSigner(keyTag: 60_485, algorithm: 13, digestKind: 2, digest: [9, 8, 7])),
    record(.dnskey, .key(flags: 257, protocol: 3, algorithm: 13, key: [1, 2, 3, 4])),
    record(
      .rrsig,
      .signature(
        RecordSignature(
          covered: .a, algorithm: 13, labels: 3, originalTTL: 300, expiration: 1_800_000_000,
          inception: 1_798_000_000, keyTag: 7, signer: sampleName("example.org"),
          signature: [5, 6, 7]))),
    record(
      .nsec,
      .nextSecure(
        next: sampleName("xyz.example.org"),
        types: [.a, .mx, .rrsig, .nsec, RecordType(rawValue: 1_234)])),
    record(RecordType(rawValue: 65_280), .unknown([10, 0, 0, 1])),
  ]

  /// An answer that fits a question for `type` with this id.
  public static func answer(
    _ type: RecordType, _ answers: [ResourceRecord], id: UInt16 = 0x1234,
    flags: MessageFlags = [.response, .recursionDesired, .recursionAvailable],
    code: ResponseCode = .noError, authorities: [ResourceRecord] = [],
    extended: ExtendedDNS? = ExtendedDNS()
  ) -> DNSMessage {
    DNSMessage(
      id: id, flags: flags, responseCode: code, questions: [.init(name: name, type: type)],
      answers: answers, authorities: authorities, extended: extended)
  }

  /// Where fuzzing begins.
  public static var messages: [[UInt8]] {
    let alias = record(.cname, .name(sampleName("web.example.net")))
    let end = record(.a, .address(.ipv4(0xc000_0202)), sampleName("web.example.net"))
    return records.map { answer($0.type, [$0]).encoded() } + [
      answer(.any, records).encoded(),
      answer(.any, records).encoded(compressing: false),
      answer(.a, [alias, end]).encoded(),
      answer(.a, [alias]).encoded(),
      answer(.a, [], code: .noSuchName, authorities: [records[7]]).encoded(),
      answer(
        .a, [], code: ResponseCode(rawValue: 23),
        extended: ExtendedDNS(options: [
          .cookie(client: 1, server: [UInt8](repeating: 7, count: 8)),
          .init(code: 15, value: [0, 6] + Array("bogus".utf8)),
        ])
      ).encoded(),
      DNSQuery(id: 7, name: name, type: .a, extended: ExtendedDNS()).encoded(),
    ]
  }

  /// The messages, and what files of the host hold.
  public static let all = messages + files

  private static let files: [[UInt8]] = [
    Array("nameserver 192.0.2.53\nsearch a.example b.example\noptions ndots:2 rotate\n".utf8),
    Array("127.0.0.1 localhost\n::1 localhost ip6-localhost # home\n".utf8),
  ]
}
