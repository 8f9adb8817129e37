import AgentCore
import Linux
import Model
import Probing
import Testing

extension SocketTests {
  /// What a dns check makes of servers over TLS and HTTPS that do not behave.
  @Suite struct HostileNameServerTests {
    /// Passes the records on.
    private struct Tray: ProbeSink {
      let records: AsyncStream<ProbeRecord>.Continuation

      func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex { .init(rawValue: 0) }
      func evidenceFound(_ found: ProbeEvidence, of record: ProbeRecord) {}
      func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) { records.yield(record) }
      func probeOverdue(slot: UInt64, runningMs: UInt32) {}
      func requestDropped(_ request: ProbeRequestID) { Issue.record("dropped") }
    }

    private let authority: PeerCertificate
    private let good: PeerTLS

    init() throws {
      authority = try PeerCertificate(name: "Test CA", isAuthority: true)
      good = try PeerTLS(try PeerCertificate(issuer: authority))
    }

    /// What a check finds of a server that does this to each connection, and what that has heard.
    private func probe(
      _ transport: DNSCheck.Transport, _ script: [PeerServer.Step], timeoutMs: UInt32 = 10_000,
      allowsLoopback: Bool = true, _ change: (inout DNSCheck) -> Void = { _ in }
    ) async throws -> (failure: Failure?, heard: [[UInt8]]) {
      let server = try PeerServer(script)
      var check = DNSCheck(name: "www.example.org", type: "A")
      check.transport = transport
      check.servers = .these(["127.0.0.1:\(server.port)"])
      check.tls.authorities = authority.pem
      change(&check)
      var configuration = ProberConfiguration()
      configuration.allowsLoopback = allowsLoopback
      let (records, continuation) = AsyncStream.makeStream(of: ProbeRecord.self)
      let prober = Prober(
        configuration: configuration, agent: .zero, clock: AgentClock(),
        sink: Tray(records: continuation))
      try prober.start()
      prober.probeNow(
        ProbeRequestID(high: 0, low: 1),
        target: AssignedTarget(
          slot: 1, monitor: .zero, intervalSeconds: 60, timeoutMs: timeoutMs, phaseMs: 0,
          question: .check(.dns(check))), deadlineMs: 60_000)
      var iterator = records.makeAsyncIterator()
      let record = await iterator.next()
      prober.stop()
      server.stop()
      return (try #require(record).outcome.failure, server.heard)
    }

    // MARK: Over TLS

    /// A message of the DNS that answers, with another id than any question is likely to have.
    private static let stray: [UInt8] = [
      0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1,
    ]

    private static let overTLS: [([PeerServer.Step], Reason)] = [
      ([.await("example"), .close], .tcpClosed), ([.await("example"), .cut], .tcpClosed),
      ([.awaitCount(2), .send([0]), .close], .protocolIncomplete),
      ([.awaitCount(2), .send([0, 40, 1, 2]), .close], .protocolIncomplete),
      ([.awaitCount(2), .send([0, 0]), .hold], .dnsMalformed),
      ([.awaitCount(2), .send([0, 5, 1, 2, 3, 4, 5]), .hold], .dnsMalformed),
      ([.send([0, 19] + stray), .hold], .dnsMalformed),
      (
        [.await("example"), .send("HTTP/1.1 400 Bad Request\r\n\r\n"), .close], .protocolIncomplete
      ),
      ([.flood(0)], .dnsMalformed),
    ]

    @Test(arguments: overTLS)
    func `what is said over TLS and is no answer has its reason`(
      _ steps: [PeerServer.Step], _ reason: Reason
    ) async throws {
      let found = try await probe(.tls, [.tls(good)] + steps)
      #expect(found.failure?.reason == reason, "\(String(describing: found.failure))")
    }

    @Test func `a question over TLS goes behind its length`() async throws {
      let found = try await probe(.tls, [.tls(good), .await("example"), .close])
      let heard = try #require(found.heard.first)
      #expect(heard.count > 2 && Int(heard[0]) << 8 | Int(heard[1]) == heard.count - 2)
    }

    // MARK: Over HTTPS

    private static func answer(
      _ status: String = "200 OK", _ headers: String = "Content-Type: application/dns-message",
      _ body: [UInt8] = [], count: Int? = nil
    ) -> PeerServer.Step {
      let head =
        "HTTP/1.1 \(status)\r\n\(headers)\r\nContent-Length: \(count ?? body.count)\r\n\r\n"
      return .send(Array(head.utf8) + body)
    }

    private static let overHTTPS: [([PeerServer.Step], Reason)] = [
      ([.close], .tcpClosed),
      ([answer("404 Not Found")], .httpStatus),
      ([answer("302 Found", "Location: https://127.0.0.1:1/")], .httpStatus),
      ([answer("204 No Content")], .httpStatus),
      ([answer("200 OK", "Content-Type: text/html", stray)], .protocolInvalid),
      ([answer("200 OK", "X: y", stray)], .protocolInvalid),
      ([answer("200 OK", "Content-Type: application/dns-message; a=b", stray)], .dnsMalformed),
      ([answer("200 OK", "Content-Type: Application/DNS-Message", [1])], .dnsMalformed),
      ([answer()], .dnsMalformed),
      ([answer(count: 99), .close], .protocolIncomplete),
      ([answer(count: 70_000), .flood(0)], .bodyTooLarge),
      (
        [.send("HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\n\r\n"), .flood(0)],
        .bodyTooLarge
      ),
      ([.send("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\r\n"), .close], .protocolInvalid),
    ]

    @Test(arguments: overHTTPS)
    func `what is said over HTTPS and is no answer has its reason`(
      _ steps: [PeerServer.Step], _ reason: Reason
    ) async throws {
      let found = try await probe(.https, [.tls(good), .await("\r\n\r\n")] + steps + [.hold])
      #expect(found.failure?.reason == reason, "\(String(describing: found.failure))")
      #expect(found.heard.count == 1)
    }

    @Test func `a question over HTTPS is a POST of the message, its id 0`() async throws {
      let found = try await probe(
        .https, [.tls(good), .await("\r\n\r\n"), Self.answer("404 Not Found"), .hold])
      let heard = try #require(found.heard.first)
      let text = String(decoding: heard, as: UTF8.self)
      #expect(text.hasPrefix("POST /dns-query HTTP/1.1\r\n"), "\(text)")
      for line in ["Content-Type: application/dns-message", "Accept: application/dns-message"] {
        #expect(text.contains("\r\n\(line)\r\n"), "\(text)")
      }
      let body = heard[(try #require(heard.firstRange(of: Array("\r\n\r\n".utf8)))).upperBound...]
      #expect(body.starts(with: [0, 0, 1, 0, 0, 1]))
    }

    // MARK: TLS itself

    private static let transports: [DNSCheck.Transport] = [.tls, .https]

    @Test(arguments: transports)
    func `a certificate that is not good has its reason`(
      _ transport: DNSCheck.Transport
    ) async throws {
      let other = try PeerCertificate(names: "DNS:other.example,IP:192.0.2.1", issuer: authority)
      let old = try PeerCertificate(days: -9 ... -2, issuer: authority)
      let lone = try PeerCertificate()
      for (certificate, reason) in [
        (other, Reason.tlsNameMismatch), (old, .tlsExpired), (lone, .tlsSelfSigned),
      ] {
        let found = try await probe(transport, [.tls(try PeerTLS(certificate)), .hold])
        #expect(found.failure?.reason == reason, "\(String(describing: found.failure))")
        #expect(found.heard.allSatisfy { $0.isEmpty })
      }
    }

    @Test(arguments: transports)
    func `a certificate that can't be judged is believed where the check says so`(
      _ transport: DNSCheck.Transport
    ) async throws {
      let tls = try PeerTLS(try PeerCertificate(names: "DNS:other.example"))
      let found = try await probe(transport, [.tls(tls), .await("example"), .close]) {
        $0.tls.authorities = nil
        $0.tls.verifies = false
      }
      #expect(found.failure?.reason == .tcpClosed, "\(String(describing: found.failure))")
    }

    @Test(arguments: transports)
    func `what does not speak TLS, or breaks it off, has its reason`(
      _ transport: DNSCheck.Transport
    ) async throws {
      let clear = try await probe(transport, [.send("SSH-2.0-nobody\r\n"), .hold])
      #expect(clear.failure?.reason == .tlsNotTLS, "\(String(describing: clear.failure))")
      let reset = try await probe(transport, [.awaitCount(5), .reset])
      #expect(reset.failure?.reason == .tlsReset, "\(String(describing: reset.failure))")
    }

    @Test(arguments: transports)
    func `a server that is silent is late, at whatever it was`(
      _ transport: DNSCheck.Transport
    ) async throws {
      // A host that is very busy may find the whole lookup late first.
      let before = try await probe(transport, [.hold], timeoutMs: 1_500)
      #expect([Reason.timeoutTLS, .dnsTimeout].contains(before.failure?.reason))
      let behind = try await probe(transport, [.tls(good), .hold], timeoutMs: 1_500)
      #expect([Reason.timeoutFirstByte, .dnsTimeout].contains(behind.failure?.reason))
    }

    @Test(arguments: transports)
    func `an address that the agent may not ask is not connected to`(
      _ transport: DNSCheck.Transport
    ) async throws {
      let found = try await probe(transport, [.tls(good), .hold], allowsLoopback: false)
      #expect(found.failure?.reason == .agentAddressRefused, "\(String(describing: found.failure))")
      #expect(found.heard.isEmpty)
    }
  }
}
