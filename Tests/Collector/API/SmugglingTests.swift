import Testing

struct SmugglingTests {
  @Test(
    arguments: [
      "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
      "POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "POST /api/v1/monitors HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n",
      "GET\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 70_000)
        + "\r\n\r\n",
      "GET /" + String(repeating: "a", count: 70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
  func `a request that could be read in two ways is not served`(request: String) async throws {
    let api = try await SharedAPI.shared()
    if let answer = try? await RawHTTP.send(Array(request.utf8), port: api.port) {
      #expect(answer.status >= 400, "\(answer.status)")
    }
    #expect(try await api.send("GET", "/healthz").status == 200)
  }
}
