import Model

extension HostileTargetTests {
  static let manyHeaders = (0..<20_000).map { "X-Header-\($0): value\r\n" }.joined()
  static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  static let rows: [Row] = [
    Row(name: "reset on accept", steps: [.reset], atOnce: true, failureClass: .connect),
    Row(
      name: "closed on accept", steps: [.close], atOnce: true, failureClass: .connect,
      detail: nil),
    Row(
      name: "closed without a byte", steps: [.close], failureClass: .connect,
      detail: "the connection was closed without an answer"),
    Row(name: "reset after the request", steps: [.reset], failureClass: .connect),
    Row(
      name: "reset during the body",
      steps: [
        .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .pause(ms: 50), .reset,
      ], failureClass: .connect, detail: "the connection was reset"),
    Row(
      name: "silent", steps: [.hold], failureClass: .timeout,
      detail: "no answer within 1500 ms: the connection was accepted, and nothing came",
      timeoutMs: 1_500),
    Row(
      name: "a byte now and then",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")]
        + (0..<100).flatMap { _ in [.pause(ms: 30), HostileServer.Step.send("x")] },
      failureClass: .timeout,
      detail: "no answer within 1500 ms: the answer began and did not end", timeoutMs: 1_500),
    Row(
      name: "stalls half-way",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hold],
      failureClass: .timeout, detail: "no answer within 500 ms: the answer began and did not end",
      timeoutMs: 500),
    Row(
      name: "stalls within a header", steps: [.send("HTTP/1.1 200 OK\r\nX: y"), .hold],
      failureClass: .timeout, timeoutMs: 500),
    Row(
      name: "an answer within the limit",
      steps: [.pause(ms: 400), .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), .close],
      timeoutMs: 4_000),
    Row(
      name: "an answer after the limit",
      steps: [.pause(ms: 600), .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), .close],
      failureClass: .timeout, timeoutMs: 400),
    Row(
      name: "a byte of head now and then",
      steps: [.send("HTTP/1.1 200 OK\r\nX: ")]
        + (0..<100).flatMap { _ in [.pause(ms: 30), HostileServer.Step.send("y")] },
      failureClass: .timeout, timeoutMs: 1_500),
    Row(
      name: "endless interim answers", steps: [.sendForEver(Array("HTTP/1.1 100 Go\r\n\r\n".utf8))],
      failureClass: .protocol, detail: "the answer's headers exceed 262144 bytes"),
    Row(
      name: "headers without end",
      steps: [.send("HTTP/1.1 200 OK\r\n"), .sendForEver(Array("X-A: bcdefghij\r\n".utf8))],
      failureClass: .protocol, detail: "the answer's headers exceed 262144 bytes"),
    Row(
      name: "thousands of headers",
      steps: [.send("HTTP/1.1 200 OK\r\n" + manyHeaders + "\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "one header without end",
      steps: [.send("HTTP/1.1 200 OK\r\nX: "), .sendForEver(Array(repeating: 97, count: 4_096))],
      failureClass: .protocol, detail: "a header of the answer is too large"),
    Row(
      name: "a body without end",
      steps: [
        .send("HTTP/1.1 200 OK\r\n\r\n"), .sendForEver(Array(repeating: 98, count: 60_000)),
      ]),
    Row(
      name: "chunks without end",
      steps: [
        .send(chunked), .sendForEver(Array("5\r\nhello\r\n".utf8)),
      ]),
    Row(
      name: "a body shorter than it says",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close],
      failureClass: .protocol, detail: "the answer ended before the length that it states"),
    Row(
      name: "a body longer than it says",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"), .close]),
    Row(
      name: "broken chunks", steps: [.send(chunked + "zz\r\nhello\r\n"), .close],
      failureClass: .connect),
    Row(
      name: "a chunk of negative length", steps: [.send(chunked + "-5\r\nhello\r\n"), .close],
      failureClass: .connect),
    Row(
      name: "a chunk longer than any number",
      steps: [.send(chunked + "fffffffffffffffffffff\r\nhello\r\n"), .close],
      failureClass: .connect),
    Row(
      name: "chunks without their end", steps: [.send(chunked + "5\r\nhello\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "a body where there is none",
      steps: [.send("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello"), .close]),
    Row(
      name: "a length beside chunks",
      steps: [
        .send(
          "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\nhello\r\n0\r\n\r\n"), .close,
      ]),
    Row(
      name: "a length of twenty digits",
      steps: [
        .send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc"), .close,
      ]),
    Row(
      name: "a status of four digits", steps: [.send("HTTP/1.1 2000 OK\r\n\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "a head cut short", steps: [.send("HTTP/1.1 200 OK\r\nX: y\r\n"), .close],
      failureClass: .protocol, detail: "the answer ended within its headers"),
    Row(
      name: "a head cut short after an interim one",
      steps: [.send("HTTP/1.1 103 Hint\r\n\r\nHTTP/1.1 200 OK\r\n"), .close],
      failureClass: .protocol, detail: "the answer ended within its headers"),
    Row(
      name: "a head whose lines end twice",
      steps: [
        .send("HTTP/1.1 200 OK\r\r\nContent-Length: 5\r\r\n\r\r\nhello"), .close,
      ]),
    Row(
      name: "another protocol's banner", steps: [.send("220 mail ESMTP\r\n"), .hold], atOnce: true,
      failureClass: .protocol),
    Row(
      name: "SSH's banner", steps: [.send("SSH-2.0-OpenSSH_9.2\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "negative length",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc"), .close],
      failureClass: .protocol),
    Row(
      name: "NUL in a header", steps: [.send("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "no reason phrase, bare line feeds",
      steps: [.send("HTTP/1.1 200\nX: y\n\nhello"), .close]),
    Row(
      name: "unasked 101", steps: [.send("HTTP/1.1 101 Sure\r\n\r\n"), .hold],
      failureClass: .timeout, timeoutMs: 500),
    Row(
      name: "unasked 304", steps: [.send("HTTP/1.1 304 No\r\n\r\n"), .close]),
    Row(
      name: "two lengths that differ",
      steps: [
        .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc"), .close,
      ], failureClass: .protocol),
    Row(
      name: "folded lines",
      steps: [.send("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"), .close]),
    Row(
      name: "text that is not UTF-8",
      steps: [
        .send(Array("HTTP/1.1 200 \u{1b}[2J\r\nX: ".utf8) + [0xff, 0xfe, 13, 10, 13, 10, 0xff]),
        .close,
      ]),
    Row(
      name: "HTTP/0.9", steps: [.send("<html>hello</html>\n"), .close], failureClass: .protocol,
      detail: "the answer is not HTTP"),
    Row(
      name: "500", steps: [.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), .close],
      failureClass: .status, detail: "status 500, where 200-399 is expected"),
    Row(
      name: "redirect loop",
      steps: [.send("HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), .close],
      failureClass: .protocol, detail: "more than 10 redirects"),
    Row(
      name: "redirect to a file",
      steps: [.send("HTTP/1.1 302 Go\r\nLocation: file:///etc/passwd\r\n\r\n"), .close],
      failureClass: .protocol,
      detail: "a redirect to \"file\", which is neither http nor https"),
    Row(
      name: "redirect to FTP",
      steps: [.send("HTTP/1.1 301 Go\r\nLocation: ftp://127.0.0.1/\r\n\r\n"), .close],
      failureClass: .protocol, detail: "a redirect to \"ftp\", which is neither http nor https"),
    Row(
      name: "redirect to a metadata service, with a body without end",
      steps: [
        .send("HTTP/1.1 302 Go\r\nLocation: http://2852039166/latest\r\n\r\n"),
        .sendForEver(Array(repeating: 99, count: 10_000)),
      ], failureClass: .agent,
      detail: "the agent does not connect to 169.254.169.254: a cloud's metadata service"),
    Row(
      name: "redirect to terminal escapes",
      steps: [
        .send(
          "HTTP/1.1 302 Go\r\nLocation: \u{1b}]0;x\u{7}://a/\u{202e}<script>\r\n"
            + "Content-Length: 0\r\n\r\n"), .close,
      ], failureClass: .protocol),
    Row(
      name: "redirect to nonsense",
      steps: [.send("HTTP/1.1 302 Go\r\nLocation: http://[\r\n\r\n"), .close],
      failureClass: .protocol, detail: "a redirect to an address that can't be read"),
  ]
}
