import AgentCore
import Model
import Testing

@Suite struct JudgementTests {
  static let noContent = ContentMatcher(HTTPCheck(url: "http://x/"))

  struct Row: Sendable {
    var facts: ProbeFacts
    var reason: Reason
    var detail: String
  }

  static let failures: [Row] = [
    Row(
      facts: ProbeFacts(status: 503), reason: .httpStatus,
      detail: "status 503, where 200-399 is expected"),
    Row(
      facts: ProbeFacts(status: 0), reason: .protocolNoStatus, detail: "the answer has no status"),
    Row(
      facts: ProbeFacts(curlCode: 6, stage: .start), reason: .dnsFailed,
      detail: "the name does not resolve"),
    Row(
      facts: ProbeFacts(curlCode: 28, stage: .start, limitMs: 5), reason: .dnsTimeout,
      detail: "the name was not resolved within 5 ms"),
    Row(
      facts: ProbeFacts(curlCode: 6, stage: .start, trouble: .own("no file")),
      reason: .agentResolver, detail: "the agent could not look the name up: no file"),
    Row(
      facts: ProbeFacts(curlCode: 28, stage: .answering, status: 200), reason: .timeoutTransfer,
      detail: "no answer within 10000 ms: the answer began and did not end"),
    Row(
      facts: ProbeFacts(curlCode: 28, stop: .deadline), reason: .agentDeadline,
      detail: "the request's deadline of 10000 ms passed before the check's own limit"),
    Row(
      facts: ProbeFacts(curlCode: 7, stage: .resolved, trouble: .refused), reason: .tcpRefused,
      detail: "the connection was refused"),
    Row(
      facts: ProbeFacts(curlCode: 7, stage: .resolved, trouble: .unreachable("No route to host")),
      reason: .netUnreachable, detail: "no way to the address: No route to host"),
    Row(
      facts: ProbeFacts(curlCode: 7, stage: .resolved, trouble: .own("Too many open files")),
      reason: .agentFailed, detail: "the agent could not connect: Too many open files"),
    Row(
      facts: ProbeFacts(
        curlCode: 7, stage: .resolved, trouble: .noDescriptors("Too many open files")),
      reason: .agentNoDescriptors, detail: "the agent could not connect: Too many open files"),
    Row(
      facts: ProbeFacts(curlCode: 58, stage: .resolved), reason: .agentFailed,
      detail: "the check's client certificate or its key can't be used"),
    Row(
      facts: ProbeFacts(status: 200, stop: .bodyBomb(encoded: 9, decoded: 2_000_000)),
      reason: .bodyBomb, detail: "9 bytes of body become more than 2000000 when decoded"),
    Row(
      facts: ProbeFacts(status: 200, stop: .headCutShort), reason: .protocolIncomplete,
      detail: "the answer ended within its headers"),
    Row(
      facts: ProbeFacts(status: 200, stop: .bodyCutShort), reason: .protocolIncomplete,
      detail: "the compressed body was cut short"),
    Row(
      facts: ProbeFacts(curlCode: 7, stage: .resolved, trouble: .timedOut), reason: .timeoutConnect,
      detail: "no connection: the kernel gave up"),
    Row(
      facts: ProbeFacts(
        curlCode: 7, stage: .resolved,
        refusal: AddressRefusal(address: "169.254.169.254", rule: .metadata)),
      reason: .agentAddressRefused,
      detail: "the agent does not connect to 169.254.169.254: a cloud's metadata service"),
    Row(
      facts: ProbeFacts(curlCode: 56, stage: .connected, trouble: .reset), reason: .tcpReset,
      detail: "the connection was reset"),
    Row(
      facts: ProbeFacts(curlCode: 52, stage: .connected), reason: .tcpClosed,
      detail: "the connection was closed without an answer"),
    Row(
      facts: ProbeFacts(curlCode: 1, stage: .answering), reason: .protocolInvalid,
      detail: "the answer is not HTTP"),
    Row(
      facts: ProbeFacts(curlCode: 1, stage: .start), reason: .agentFailed,
      detail: "this kind of URL is not probed"),
    Row(
      facts: ProbeFacts(curlCode: 3, stage: .start), reason: .agentFailed,
      detail: "the URL can't be read"),
    Row(
      facts: ProbeFacts(curlCode: 8), reason: .protocolInvalid,
      detail: "the answer is not valid HTTP"),
    Row(
      facts: ProbeFacts(curlCode: 18, status: 200), reason: .protocolIncomplete,
      detail: "the answer ended before the length that it states"),
    Row(
      facts: ProbeFacts(curlCode: 27, stage: .start), reason: .agentNoMemory,
      detail: "no memory for the probe"),
    Row(
      facts: ProbeFacts(curlCode: 27, stage: .answering), reason: .headersTooLarge,
      detail: "a header of the answer is too large"),
    Row(
      facts: ProbeFacts(curlCode: 35, stage: .connected), reason: .tlsFailed,
      detail: "the TLS handshake failed"),
    Row(
      facts: ProbeFacts(
        curlCode: 60, stage: .connected, certificateDays: -3, chainError: "certificate has expired"),
      reason: .tlsExpired,
      detail: "the certificate is not accepted: certificate has expired, 3 days ago"),
    Row(
      facts: {
        var facts = ProbeFacts(
          curlCode: 60, stage: .connected, certificateDays: -3,
          chainError: "self-signed certificate")
        facts.chainCode = 18
        return facts
      }(), reason: .tlsSelfSigned,
      detail: "the certificate is not accepted: self-signed certificate"),
    Row(
      facts: ProbeFacts(curlCode: 60, stage: .connected, certificateDays: 30),
      reason: .tlsNameMismatch,
      detail: "the certificate is for another name"),
    Row(
      facts: ProbeFacts(curlCode: 77, stage: .connected), reason: .agentAuthorities,
      detail: "the agent's file of certificate authorities can't be read"),
    Row(
      facts: ProbeFacts(curlCode: 23, stop: .headLimit(bytes: 9)), reason: .headersTooLarge,
      detail: "the answer's headers exceed 9 bytes"),
    Row(
      facts: ProbeFacts(status: 302, stop: .tooManyRedirects), reason: .redirectTooMany,
      detail: "more than 10 redirects"),
    Row(
      facts: ProbeFacts(status: 302, stop: .redirectScheme("file")), reason: .redirectScheme,
      detail: "a redirect to \"file\", which is neither http nor https"),
    Row(
      facts: ProbeFacts(curlCode: 99, stage: .start), reason: .agentFailed,
      detail: "the probe could not be made (libcurl 99)"),
  ]

  @Test(arguments: failures)
  func `a failure has its class, its code and a plain reason`(row: Row) {
    let outcome = Judgement.outcome(
      of: row.facts, under: HTTPCheck(url: "http://x/"), content: Self.noContent)
    // 23 is libcurl's answer to the agent's own stop, and tells nobody anything.
    let code = row.facts.curlCode == 23 ? 0 : row.facts.curlCode
    #expect(outcome == .failed(Failure(row.reason, curlCode: code, detail: row.detail)))
  }

  @Test(arguments: [
    (ProbeFacts.Stage.start, false, Reason.dnsTimeout), (.resolved, false, .timeoutConnect),
    (.connected, false, .timeoutFirstByte), (.connected, true, .timeoutTLS),
    (.encrypted, true, .timeoutFirstByte), (.answering, true, .timeoutTransfer),
  ])
  func `a limit that passes says what the probe was at`(
    _ stage: ProbeFacts.Stage, _ wantsTLS: Bool, _ reason: Reason
  ) {
    var facts = ProbeFacts(curlCode: 28, stage: stage)
    facts.wantsTLS = wantsTLS
    let outcome = Judgement.outcome(of: facts, under: TCPCheck(host: "x", port: 1))
    #expect(outcome.failure?.reason == reason)
  }

  @Test(arguments: [
    (9, Reason.tlsNotYetValid), (10, .tlsExpired), (18, .tlsSelfSigned), (19, .tlsUnknownIssuer),
    (20, .tlsUnknownIssuer), (23, .tlsRevoked), (62, .tlsNameMismatch), (66, .tlsWeak),
    (7, .tlsChain),
  ])
  func `a chain that is not accepted has a reason of its own`(_ code: Int, _ reason: Reason) {
    var facts = ProbeFacts(curlCode: 60, stage: .connected, chainError: "bad")
    facts.chainCode = code
    let outcome = Judgement.outcome(of: facts, under: TCPCheck(host: "x", port: 1))
    #expect(outcome.failure?.reason == reason)
  }

  @Test(arguments: UInt8.min...UInt8.max)
  func `whatever libcurl's code, the details fit the wire and 0 alone is success`(code: UInt8) {
    for stage in [ProbeFacts.Stage.start, .resolved, .connected, .encrypted, .answering] {
      let facts = ProbeFacts(curlCode: code, stage: stage, status: 200)
      let outcome = Judgement.outcome(
        of: facts, under: HTTPCheck(url: "http://x/"), content: Self.noContent)
      #expect(outcome.isUp == (code == 0))
      #expect((outcome.failure?.detail.utf8.count ?? 1) <= 255)
    }
  }

  @Test(arguments: [
    (199, false), (200, true), (299, true), (300, false), (404, true), (405, false),
  ])
  func `a status counts when one of the ranges holds it`(status: UInt16, isUp: Bool) {
    var check = HTTPCheck(url: "http://x/")
    check.statusRanges = [200...299, 404...404]
    let outcome = Judgement.outcome(
      of: ProbeFacts(status: status), under: check, content: Self.noContent)
    #expect(outcome.isUp == isUp)
    if status == 405 {
      #expect(outcome.failure?.detail == "status 405, where 200-299, 404 is expected")
    }
  }

  @Test func `a slow answer and a short certificate are degraded, with what was measured`() {
    var check = HTTPCheck(url: "https://x/")
    check.degradedAboveMs = 500
    check.degradedBelowCertificateDays = 14
    func outcome(_ totalUs: Int64, _ days: Int32?) -> Outcome {
      Judgement.outcome(
        of: ProbeFacts(status: 200, totalUs: totalUs, certificateDays: days), under: check,
        content: Self.noContent)
    }
    #expect(outcome(500_000, 14) == .up)
    #expect(outcome(500_000, nil) == .up)
    #expect(
      outcome(501_000, 14)
        == .degraded(Failure(.slow, detail: "took 501 ms, longer than 500 ms")))
    #expect(
      outcome(1, 13)
        == .degraded(
          Failure(.tlsExpiresSoon, detail: "the certificate expires in 13 days, sooner than 14")))
  }

  @Test func `a TCP probe is up when the connection was accepted`() {
    var check = TCPCheck(host: "x", port: 1)
    #expect(Judgement.outcome(of: ProbeFacts(stage: .connected), under: check) == .up)
    check.degradedAboveMs = 1
    #expect(
      Judgement.outcome(of: ProbeFacts(stage: .connected, totalUs: 2_000), under: check).failure
        != nil)
    #expect(
      !Judgement.outcome(
        of: ProbeFacts(curlCode: 7, stage: .resolved, trouble: .refused), under: check
      ).isUp)
  }

  @Test func `a text found across any split of the body counts, and bytes are compared as bytes`() {
    let body = Array("xxabababacyy\r\nz\u{e9}".utf8)
    var check = HTTPCheck(url: "http://x/")
    check.contains = ["ababac", "\nz", "xx"]
    check.absent = ["e\u{301}", "ababad"]
    for first in 0...body.count {
      for second in first...body.count {
        var matcher = ContentMatcher(check)
        for piece in [body[..<first], body[first..<second], body[second...]] {
          piece.withUnsafeBytes { matcher.take($0) }
        }
        #expect(matcher.missing == nil && matcher.unwanted == nil)
      }
    }
  }

  @Test func `a matcher agrees with a plain search on random bodies, and can be used again`() {
    var generator = SeededGenerator(seed: 3)
    var check = HTTPCheck(url: "http://x/")
    for _ in 0..<2_000 {
      let needle = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        UInt8.random(in: 97...98, using: &generator)
      }
      let body = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        UInt8.random(in: 97...98, using: &generator)
      }
      check.contains = [String(decoding: needle, as: UTF8.self)]
      check.absent = check.contains
      let isThere =
        body.count >= needle.count
        && (0...(body.count - needle.count)).contains { body[$0...].starts(with: needle) }
      var matcher = ContentMatcher(check)
      for _ in 0..<2 {
        for byte in body { withUnsafeBytes(of: byte) { matcher.take($0) } }
        #expect((matcher.missing == nil) == isThere)
        #expect((matcher.unwanted == nil) == !isThere)
        matcher.reset()
        #expect(matcher.unwanted == nil)
      }
    }
  }

  @Test func `content failures quote the check's text, made harmless`() {
    var check = HTTPCheck(url: "http://x/")
    check.contains = ["\u{1b}[2Jgone\u{202e}" + String(repeating: "ä", count: 200)]
    check.bodyLimit = 7
    let outcome = Judgement.outcome(
      of: ProbeFacts(curlCode: 23, status: 200, stop: .bodyLimit), under: check,
      content: ContentMatcher(check))
    let detail = outcome.failure?.detail ?? ""
    #expect(detail.hasPrefix("\"\u{fffd}[2Jgone\u{fffd}ä"))
    #expect(detail.hasSuffix("ä…\" is not in the first 7 bytes of the body"))
    #expect(detail.utf8.count <= 255)
    check.contains = []
    check.absent = ["", "secret"]
    var matcher = ContentMatcher(check)
    Array("a secret".utf8).withUnsafeBytes { matcher.take($0) }
    let unwanted = Judgement.outcome(of: ProbeFacts(status: 200), under: check, content: matcher)
    #expect(unwanted == .failed(Failure(.assertUnwanted, detail: "\"secret\" is in the body")))
  }
}
