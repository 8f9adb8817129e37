import AgentCore
import Testing

/// What is shown of a head that a target wrote, and what is not.
@Suite struct HeadExcerptTests {
  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func headers(_ head: String, isCut: Bool = false) -> String {
    text(HeadExcerpt(head.utf8, isCut: isCut).headers)
  }

  @Test func `the status line and plain headers stand as they came`() {
    let excerpt = HeadExcerpt(
      "HTTP/1.1 503 Service Unavailable\r\nServer: nginx\r\nX-Empty:\r\nRetry-After:  9 \r\n\r\n"
        .utf8,
      isCut: false)
    #expect(
      Self.text(excerpt.headers)
        == "HTTP/1.1 503 Service Unavailable\nServer: nginx\nX-Empty:\nRetry-After:  9 \n")
    #expect(excerpt.presence.isEmpty)
    #expect(HeadExcerpt([UInt8](), isCut: false).headers.isEmpty)
  }

  @Test(arguments: [
    "Set-Cookie", "set-cookie2", "Cookie", "Authorization", "Proxy-Authorization", "X-Auth",
    "X-API-Key", "X-Amz-Security-Token", "X-CSRF", "Client-Secret", "PASSWORD", "Session-Id",
    "X-Amz-Signature", "My-Credential", "X-JWT-Assertion", "WWW-Authenticate",
  ])
  func `a header whose name says that it is secret has no value`(name: String) {
    #expect(
      Self.headers("HTTP/1.1 500 Oh\r\n\(name): hunter2; path=/\r\nX: y\r\n")
        == "HTTP/1.1 500 Oh\n\(name): ***\nX: y\n")
  }

  @Test(
    arguments: [
      // Folded lines belong to the header above.
      ("Set-Cookie: a=\r\n\thunter2\r\nX: y", "Set-Cookie: ***\nX: y\n"),
      ("X: y\r\n z", "X: y\n z\n"),
      // A lone CR ends a line for some readers.
      ("X: y\rSet-Cookie: hunter2", "X: y\nSet-Cookie: ***\n"),
      ("X: y\nSet-Cookie: hunter2", "X: y\nSet-Cookie: ***\n"),
      // A line that is no header could be anything.
      ("hunter2", "***\n"), ("hunter2\r\n hunter2", "***\n"),
      ("Set-Cookie : hunter2", "Set-Cookie : ***\n"),
    ])
  func `lines that are written strangely give nothing away`(lines: String, shown: String) {
    #expect(Self.headers("HTTP/1.1 200 OK\r\n" + lines) == "HTTP/1.1 200 OK\n" + shown)
  }

  @Test(
    arguments: [
      ("https://u:hunter2@a.b/c", "https://***@a.b/c"),
      ("https://u@hunter2@a.b/c", "https://***@a.b/c"), ("//u:hunter2@a.b", "//***@a.b"),
      ("/login?next=hunter2&t=hunter2", "/login?next=***&t=***"), ("/a?hunter2", "/a?***"),
      ("/a?b=&c", "/a?b=&***"), ("/a#hunter2", "/a#***"), ("/a?b=hunter2#hunter2", "/a?b=***#***"),
      ("/a;jsessionid=hunter2?b=c", "/a;jsessionid=***?b=***"), ("/a/b.c", "/a/b.c"),
      ("<https://a.b/?p=hunter2>; rel=next", "<https://a.b/?p=***>; rel=next"),
      ("0; url=/a?b=hunter2", "0; url=/a?b=***"), ("text/html; charset=utf-8", nil),
      ("max-age=0, no-store", nil), ("Tue, 15 Nov 1994 08:12:31 GMT", nil), ("", nil), ("?", nil),
      ("#", nil), ("//", nil), ("a=b&c=d", nil),
    ] as [(String, String?)])
  func `URLs anywhere lose what may be secret in them`(value: String, shown: String?) {
    #expect(
      Self.headers("HTTP/1.1 302 Go\r\nLocation: \(value)\r\n")
        == "HTTP/1.1 302 Go\nLocation: \(shown ?? value)\n")
  }

  @Test func `a head that was cut off shows no header whose name is not whole`() {
    let head = "HTTP/1.1 200 OK\r\nX: y\r\nSet-Cookie: hunter2"
    for count in 0...head.utf8.count {
      let text = Self.headers(String(head.prefix(count)), isCut: true)
      #expect(!text.contains("hunter") && !text.contains("Set-Cook\n"))
      #expect("HTTP/1.1 200 OK\nX: y\nSet-Cookie: ***\n".hasPrefix(text.dropLast()))
    }
  }

  @Test func `headers that name the edge are told apart`() {
    let excerpt = HeadExcerpt(
      """
      HTTP/1.1 520 Origin\r\nDate: today\r\nCF-Ray: 8f1-FRA\r\nVia: 1.1 a, 1.1 b\r\nX-Served-By: \
      cache-fra-1\r\nX-Cache: HIT\r\nserver-timing: cdn;desc="x";token=hunter2\r\nX-Cache-Key: \
      hunter2\r\n
      """.utf8, isCut: false)
    #expect(
      Self.text(excerpt.presence) == """
        cf-ray: 8f1-FRA
        via: 1.1 a, 1.1 b
        x-served-by: cache-fra-1
        x-cache: HIT
        server-timing: cdn;desc="x";token=***

        """)
    let flood =
      "HTTP/1.1 200 OK\r\n"
      + String(repeating: "Via: \(String(repeating: "v", count: 90))\r\n", count: 99)
    #expect(HeadExcerpt(flood.utf8, isCut: false).presence.count <= ProbeEvidence.presenceLimit)
  }

  @Test func `masks never make it longer than its bound`() {
    let head = "HTTP/1.1 200 OK\r\n" + String(repeating: "Key:\r\nX: ?a&b&c&d\r\n", count: 400)
    let headers = HeadExcerpt(head.utf8, isCut: true).headers
    #expect(headers.count <= ProbeEvidence.headLimit)
    #expect(headers.count > ProbeEvidence.headLimit - 32)
    #expect(headers.last == 10)
  }

  @Test func `whatever bytes a head has, a secret in its place is not shown`() async {
    let pieces: [[UInt8]] = [
      Array("\r\n".utf8), [10], [13], [0], [255, 254], Array("X: ".utf8), Array("://".utf8),
      Array("?".utf8), Array("#".utf8), Array("&".utf8), Array(";".utf8), Array("@".utf8),
      Array(" ".utf8), Array("\t".utf8), Array(":".utf8), Array("HTTP/1.1 200 OK".utf8),
      Array("\u{202e}é".utf8), Array("=".utf8), Array("/".utf8),
    ]
    for seed in 0..<300 as Range<UInt64> {
      await Task.yield()
      var generator = SeededGenerator(seed: seed)
      var noise: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<40, using: &generator) {
        noise += pieces.randomElement(using: &generator) ?? []
      }
      let name =
        ["Set-Cookie", "x-api-key", "AUTHORIZATION"].randomElement(using: &generator) ?? ""
      let head = noise + Array("\r\n\(name): hunter2 \r\n".utf8) + noise
      let excerpt = HeadExcerpt(head, isCut: Bool.random(using: &generator))
      #expect(!Self.text(excerpt.headers + excerpt.presence).contains("hunter2"), "seed \(seed)")
    }
  }
}
