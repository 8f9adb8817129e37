import Glibc
import Testing

@Suite(.serialized, .enabled(if: Program.areWanted)) struct OpenFilesTests {
  @Test func `a collector without files to open rests, says so, and goes on`() throws {
    let network = try Network()
    defer { network.end() }
    let collector = try #require(network.collector)
    let question = try #require(Socket.connected(port: network.apiPort))
    question.limitWaiting(seconds: 10)
    try ask(question, expecting: "200 OK")
    // Two more than it has open now.
    limitFiles(of: collector.pid, to: "\(try descriptors(of: collector.pid) + 2):")
    let crowd = [network.ingressPort, network.apiPort].flatMap { port in
      (0..<8).compactMap { _ in Socket.connected(port: port) }
    }
    usleep(500_000)
    let used = try processorTicks(of: collector.pid)
    try ask(question, expecting: "503 Service Unavailable")
    usleep(1_500_000)
    // Ticks of 10 ms: one that does not rest uses nearly all of the time.
    #expect(try processorTicks(of: collector.pid) - used < 50)
    limitFiles(of: collector.pid, to: "1024:")
    for one in crowd { one.close() }
    #expect(eventually(within: 20) { network.api.isReady })
    try network.addAgent("late", region: "eu", provider: "test")
    question.close()
  }

  private func ask(_ socket: Socket, expecting answer: String) throws {
    socket.send(Array("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    let text = String(decoding: socket.received(), as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 \(answer)"), "\(text)")
  }

  /// `limit` as prlimit(1) takes it, the soft one before a colon.
  private func limitFiles(of pid: pid_t, to limit: String) {
    #expect(system("prlimit --pid \(pid) --nofile=\(limit)") == 0)
  }

  private func descriptors(of pid: pid_t) throws -> Int {
    guard let folder = opendir("/proc/\(pid)/fd") else { throw Trouble("no such process") }
    defer { closedir(folder) }
    var count = -2
    while readdir(folder) != nil { count += 1 }
    return count
  }

  /// User and system time, in hundredths of a second.
  private func processorTicks(of pid: pid_t) throws -> Int {
    let fields = try readText("/proc/\(pid)/stat").split(separator: " ")
    return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
  }
}
