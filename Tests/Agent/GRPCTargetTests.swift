import AgentCore
import Glibc
import Linux
import Model
import Probing
import Testing

/// The health service of real gRPC servers.
@Suite struct GRPCTargetTests {
  static let hasServer = HelperProgram.pythonHas("grpc")

  @Test(.enabled(if: hasServer, "python3-grpcio is missing"))
  func `each answer of a health service has its outcome`() async throws {
    let authority = try TestCertificate(name: "CA", isAuthority: true)
    let leaf = try TestCertificate(name: "x", alternativeName: "IP:127.0.0.1", issuer: authority)
    let certificate = try leaf.write()
    let key = certificate + ".key"
    try Files.overwrite(key, with: Array(leaf.keyPEM.utf8))
    let server = try HelperProgram.python("health_of_grpc.py", [certificate, key])
    try #require(server.ports.count == 3)
    let test = try TestProber()
    func outcome(
      _ service: String, port: Int = 0, _ change: (inout GRPCCheck) -> Void = { _ in }
    ) async -> Outcome {
      var check = GRPCCheck(host: "127.0.0.1", port: server.ports[port])
      check.service = service
      if port != 1 { check.tls = nil }
      check.tls?.authorities = authority.pem
      change(&check)
      return await test.probe(.grpc(check)).outcome
    }
    for port in 0...1 {
      #expect(await outcome("", port: port) == .up)
      #expect(await outcome("good", port: port) == .up)
      for (service, words) in [
        ("bad", "the service says that it is NOT_SERVING"),
        ("lost", "the service says that it is SERVICE_UNKNOWN"),
        ("new", "the service says that it is UNKNOWN"),
        ("none", "the call ended with NOT_FOUND (5): unknown service"),
        ("busy", "the call ended with UNAVAILABLE (14): try later"),
        ("guarded", "the call ended with UNAUTHENTICATED (16): no key: 100 %"),
      ] {
        #expect(
          await outcome(service, port: port) == .failed(Failure(.grpcStatus, detail: words)))
      }
    }
    let key2 = RequestHeader(name: "x-key", value: "open")
    #expect(await outcome("guarded") { $0.metadata = [key2] } == .up)
    let bare = await outcome("", port: 2)
    #expect(bare.failure?.reason == .grpcStatus)
    #expect(bare.failure?.detail.hasPrefix("the call ended with UNIMPLEMENTED (12)") == true)
    let conditions = await outcome("", port: 1) {
      $0.conditions = [
        "[GRPC_STATUS] == 0", "[HTTP_VERSION] == 2", "[TLS_VERSION] == 1.3",
        "[CERTIFICATE_EXPIRATION] > 24h",
      ]
    }
    #expect(conditions == .up)
    #expect(await outcome("", port: 1) { $0.tls?.authorities = nil }.failure?.failureClass == .tls)
    test.prober.stop()
    unlink(certificate)
    unlink(key)
  }

  @Test func `what is not gRPC is said to be something else`() async throws {
    // Closing with the preface unread would reset the connection.
    let server = try HostileServer { head in
      head.isEmpty ? nil : [.send(plainAnswer), .hold]
    }
    let test = try TestProber()
    var check = GRPCCheck(host: "127.0.0.1", port: server.port)
    check.tls = nil
    let outcome = await test.probe(.grpc(check), timeoutMs: 2_000).outcome
    #expect(outcome.isUp == false)
    // libcurl calls what is no frame of HTTP/2 an empty reply.
    #expect([.protocol, .connect].contains(outcome.failure?.failureClass), "\(outcome)")
    test.prober.stop()
    server.stop()
  }

  private static func answer(_ lines: [String], _ body: [UInt8]) -> GRPCAnswer {
    var answer = GRPCAnswer()
    for line in lines { Array(line.utf8).withUnsafeBytes { answer.take(line: $0) } }
    _ = body.withUnsafeBytes { answer.take(body: $0) }
    return answer
  }

  static let type = "content-type: application/grpc\r\n"

  typealias Row = (status: UInt16, lines: [String], body: [UInt8], reason: Reason?)

  static let answers: [Row] = [
    (200, [type, "grpc-status: 0\r\n"], [0, 0, 0, 0, 2, 8, 1], nil),
    (200, [type, "Grpc-Status:0\r\n"], [0, 0, 0, 0, 2, 8, 2], .grpcStatus),
    (200, [type, "grpc-status: 0"], [0, 0, 0, 0, 0], .grpcStatus),
    (200, [type, "grpc-status: 0"], [0, 0, 0, 0, 9, 8, 1], .protocolInvalid),
    (200, [type, "grpc-status: 0"], [1, 0, 0, 0, 2, 8, 1], .protocolInvalid),
    (200, [type, "grpc-status: 0"], [0, 255, 255, 255, 255, 8, 1], .protocolInvalid),
    (200, [type, "grpc-status: 0"], [0, 0, 0, 0, 2, 10, 127], .protocolInvalid),
    (200, [type, "grpc-status: 0"], [0, 0, 0, 0, 1, 255], .protocolInvalid),
    (200, [type, "grpc-status: 0"], [], .protocolInvalid),
    (200, [type, "grpc-status: 12"], [], .grpcStatus),
    (200, [type, "grpc-status: x"], [], .protocolIncomplete),
    (200, ["content-type: text/html"], [], .protocolInvalid), (502, [], [], .httpStatus),
    (0, [], [], .protocolNoStatus),
  ]

  @Test(arguments: answers)
  func `an answer is judged by its status, its call's status and its message`(
    row: Row
  ) {
    let outcome = Judgement.outcome(
      of: ProbeFacts(status: row.status), under: GRPCCheck(host: "x", port: 1),
      answer: Self.answer(row.lines, row.body))
    #expect(outcome.failure?.reason == row.reason)
    #expect(outcome.isUp == (row.reason == nil))
  }

  @Test func `a request is one message in a frame`() {
    #expect(GRPCAnswer.request(service: "") == [0, 0, 0, 0, 0])
    #expect(GRPCAnswer.request(service: "ab") == [0, 0, 0, 0, 4, 10, 2, 97, 98])
    let long = GRPCAnswer.request(service: String(repeating: "x", count: 200))
    #expect(Array(long.prefix(8)) == [0, 0, 0, 0, 203, 10, 0xc8, 1])
  }
}
