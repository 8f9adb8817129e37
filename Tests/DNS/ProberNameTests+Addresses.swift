import DNS
import Glibc
import Linux
import Model
import Synchronization
import Testing

/// What a prober makes of names with several addresses, or with other ones the second time.
extension ProberNameTests {
  private final class Counter: Sendable {
    let value = Atomic(0)

    /// How many came before.
    @discardableResult func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
  }

  /// A web server on 127.0.0.1 that gives every request the same answer, and counts them.
  private final class Web: Sendable {
    let port: UInt16
    private let listener: Int32
    private let thread: DedicatedThread
    private let count = Counter()

    init(_ answer: @escaping @Sendable (_ port: UInt16) -> String) throws {
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, size) == 0 && listen(listener, 64) == 0
            && getsockname(listener, $0, &size) == 0
        }
      }
      try #require(isBound)
      let port = UInt16(bigEndian: address.sin_port)
      self.port = port
      self.listener = listener
      thread = try DedicatedThread(name: "web") { [count] in
        while true {
          let fd = accept(listener, nil, nil)
          guard fd >= 0 else { return }
          var head = [UInt8](repeating: 0, count: 4_096)
          if read(fd, &head, head.count) > 0 {
            count.next()
            let bytes = Array(answer(port).utf8)
            _ = send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
          }
          close(fd)
        }
      }
    }

    var requests: Int { count.value.load(ordering: .relaxed) }

    func stop() {
      shutdown(listener, Int32(SHUT_RDWR))
      thread.join()
      close(listener)
    }
  }

  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  @Test func `a redirect is judged by what its name resolves to then`() async throws {
    let web = try Web { port in
      "HTTP/1.1 302 Go\r\nLocation: http://rebind.example:\(port)/2\r\nContent-Length: 0\r\n\r\n"
    }
    let asked = Counter()
    let found = try await probe(http("http://rebind.example:\(web.port)/")) { question in
      guard question.type == .a else { return [.reply(question.reply())] }
      let text = asked.next() == 0 ? "127.0.0.1" : "169.254.169.254"
      return [.reply(question.reply([.a("\(question.name)", text, ttl: 0)]))]
    }
    web.stop()
    #expect(found.record.outcome.failure?.reason == .agentAddressRefused, "\(found.record)")
    #expect(web.requests == 1)
  }

  @Test func `of several addresses one that answers is enough`() async throws {
    let web = try Web { _ in Self.ok }
    let found = try await probe(http("http://many.example:\(web.port)/"), timeoutMs: 3_000) {
      question in
      guard question.type == .a else { return [.reply(question.reply())] }
      // Nothing listens at the port of the others.
      let texts = ["127.0.0.2", "127.0.0.3", "127.0.0.1"]
      return [.reply(question.reply(texts.map { .a("\(question.name)", $0) }))]
    }
    web.stop()
    #expect(found.record.outcome == .up, "\(found.record.outcome)")
    #expect(found.record.address == .ipv4(0x7f00_0001))
  }

  @Test func `where version 6 is broken version 4 is enough, unless version 6 alone is asked for`()
    async throws
  {
    let web = try Web { _ in Self.ok }
    let script: ScriptedNameServer.Script = { question in
      switch question.type {
      case .a: [.reply(question.reply([.a("\(question.name)", "127.0.0.1")]))]
      case .aaaa: [.reply(question.reply([.aaaa("\(question.name)", "::1")]))]
      default: [.reply(question.reply())]
      }
    }
    for check in [
      http("http://both.example:\(web.port)/"),
      .tcp(TCPCheck(host: "both.example", port: web.port)),
    ] {
      let found = try await probe(check, script: script)
      #expect(found.record.outcome == .up, "\(found.record.outcome)")
      #expect(found.record.address == .ipv4(0x7f00_0001))
    }
    var six = HTTPCheck(url: "http://both.example:\(web.port)/")
    six.family = .ipv6
    let found = try await probe(.http(six), script: script)
    #expect(found.record.outcome.failure?.failureClass == .connect, "\(found.record.outcome)")
    web.stop()
  }
}
