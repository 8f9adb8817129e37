import Curl
import Glibc
import Linux
import Synchronization
import Testing

/// Accepts one connection, sends back what it reads, and closes after a byte 0.
private final class EchoOnce: Sendable {
  let port: UInt16
  private let thread: DedicatedThread

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(listener >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 5) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(bound)
    port = UInt16(bigEndian: address.sin_port)
    thread = try DedicatedThread(name: "echo") {
      let peer = accept(listener, nil, nil)
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(peer, &bytes, bytes.count)
        guard count > 0, !bytes[..<count].contains(0) else { break }
        _ = write(peer, bytes, count)
      }
      close(peer)
      close(listener)
    }
  }

  func join() { thread.join() }
}

@Suite struct CurlTests {
  @Test func `a connection that only connects carries bytes both ways`() throws {
    let server = try EchoOnce()
    let link = try EasyHandle()
    try link.set(.url, "http://127.0.0.1:\(server.port)/")
    try link.set(.connectOnly, 1)
    try link.set(.proxy, "")
    #expect(link.activeSocket == nil)
    #expect(link.perform() == .ok)
    let socket = try #require(link.activeSocket)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    defer { buffer.deallocate() }
    #expect(try link.receive(into: buffer) == .wouldBlock)

    let queue = try EventQueue()
    try queue.add(socket, for: .readable, token: 0)
    let sent = try Array("hello".utf8).withUnsafeBytes { bytes in try link.send(bytes) }
    #expect(sent == 5)
    #expect(try queue.wait(nanoseconds: 10_000_000_000) == 1)
    #expect(try link.receive(into: buffer) == .bytes(5))
    #expect(buffer.prefix(5).elementsEqual("hello".utf8))

    _ = try [UInt8(0)].withUnsafeBytes { bytes in try link.send(bytes) }
    #expect(try queue.wait(nanoseconds: 10_000_000_000) == 1)
    #expect(try link.receive(into: buffer) == .closed)
    #expect(link.peerCertificate == nil)
    server.join()
  }

  @Test func `a refused connection says so and names the kernel's error`() throws {
    let handle = try EasyHandle()
    try handle.keepErrorText()
    try handle.set(.url, "http://127.0.0.1:1/")
    try handle.set(.proxy, "")
    #expect(handle.perform().rawValue == 7)
    #expect(handle.info(.connectErrno) == Int(ECONNREFUSED))
    #expect(handle.errorText.contains("127.0.0.1"))
    #expect(handle.timings.total > 0)
    #expect(handle.timings.connect == 0)
  }

  @Test func `an option that libcurl does not take is an error`() throws {
    let handle = try EasyHandle()
    let error = #expect(throws: CurlError.self) { try handle.set(.protocols, "http,telepathy") }
    #expect(error?.code.rawValue == 1)
  }

  @Test(arguments: [
    ("HTTP://Example.org/a b", "http", "Example.org", 80),
    ("https://user:secret@[2001:db8::1]:8443/x", "https", "2001:db8::1", 8443),
    ("ftp://example.org/", "ftp", "example.org", 21),
  ])
  func `a URL is read as libcurl reads it`(
    text: String, scheme: String, host: String, port: UInt16
  ) throws {
    let url = try #require(CurlURL(text))
    #expect(url.scheme == scheme)
    #expect(url.host == host)
    #expect(url.port == port)
  }

  @Test func `a redirect's text is resolved against where it came from`() throws {
    let base = try #require(CurlURL("http://example.org:8080/a/b?c"))
    #expect(CurlURL("../d", relativeTo: base)?.text == "http://example.org:8080/d")
    #expect(CurlURL("//other.org/", relativeTo: base)?.text == "http://other.org/")
    #expect(CurlURL("/e f", relativeTo: base)?.hasOrigin(of: base) == true)
    #expect(CurlURL("https://example.org:8080/", relativeTo: base)?.hasOrigin(of: base) == false)
    #expect(CurlURL("http://example.org/", relativeTo: base)?.hasOrigin(of: base) == false)
    #expect(CurlURL("file:///etc/passwd", relativeTo: base)?.scheme == "file")
    #expect(CurlURL("no scheme") == nil)
    #expect(CurlURL("http://exa\nmple.org/") == nil)
  }

  @Test func `a header's bytes can be changed in place`() throws {
    let list = HeaderList()
    try list.append("First: 1")
    let second = try list.append("Second: 22")
    #expect(second.count == 10)
    #expect(second.last == CChar(UInt8(ascii: "2")))
  }

  @Test func `this libcurl uses OpenSSL and knows how to leave a resolver behind`() {
    #expect(CurlLibrary.isReady)
    #expect(CurlLibrary.usesOpenSSL)
    #expect(CurlLibrary.version.contains("."))
  }
}
