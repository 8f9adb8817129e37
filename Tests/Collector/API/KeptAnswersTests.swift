import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import API

/// A connection of one thread's, with a clock that is set.
private struct Line {
  let channel = EmbeddedChannel()

  init() throws {
    try channel.pipeline.syncOperations.addHandlers([
      ConnectionGuard(greeting: .seconds(10), idle: .seconds(60)),
      ExchangeWatch(APIConfiguration.Patience()), KeptAnswers(KeptSite(), idle: .seconds(60)),
    ])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  func ask(
    _ path: String, method: HTTPRequest.Method = .get, _ headers: HTTPFields = [:]
  ) throws {
    let head = HTTPRequest(
      method: method, scheme: nil, authority: nil, path: path, headerFields: headers)
    try channel.writeInbound(HTTPRequestPart.head(head))
    try channel.writeInbound(HTTPRequestPart.end(nil))
  }

  /// An answer of the server.
  func answer() throws {
    try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .notFound)))
    try channel.writeOutbound(HTTPResponsePart.end(nil))
  }

  /// The statuses of the answers that left since the last look.
  func left() throws -> [Int] {
    var statuses: [Int] = []
    while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
      if case .head(let head) = part { statuses.append(head.status.code) }
    }
    return statuses
  }

  /// How many requests went on to the server since the last look.
  func wentOn() throws -> Int {
    var count = 0
    while let part = try channel.readInbound(as: HTTPRequestPart.self) {
      if case .head = part { count += 1 }
    }
    return count
  }
}

/// What is answered on the event loop, and what is not.
struct KeptAnswersTests {
  @Test func `what is there is answered at once, and again`() throws {
    let line = try Line()
    for _ in 0..<3 { try line.ask("/kept?x=1") }
    #expect(try line.wentOn() == 0)
    var parts: [HTTPResponsePart] = []
    while let part = try line.channel.readOutbound(as: HTTPResponsePart.self) {
      parts.append(part)
    }
    try #require(parts.count == 9)
    guard case .head(let head) = parts[0], case .body(let body) = parts[1],
      case .end = parts[2]
    else { throw RawHTTP.Failure(reason: "not an answer: \(parts)") }
    #expect(head.status == .ok && String(buffer: body) == "ok")
    let date = try #require(head.headerFields[.date])
    let isDate =
      date.wholeMatch(
        of: /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/) != nil
    #expect(isDate, "\(date)")
    // Nothing is open: the connection may rest, and then ends.
    line.channel.embeddedEventLoop.advanceTime(by: .seconds(61))
    #expect(!line.channel.isActive)
  }

  @Test func `answers leave in the order of their requests`() throws {
    let line = try Line()
    try line.ask("/kept")
    try line.ask("/api")
    try line.ask("/kept")
    #expect(try line.left() == [200])
    #expect(try line.wentOn() == 2)
    try line.answer()
    try line.answer()
    #expect(try line.left() == [404, 404])
    try line.ask("/kept")
    #expect(try line.left() == [200])
    #expect(try line.wentOn() == 0)
  }

  @Test(
    arguments: [
      ("/kept", .post, [:]), ("/kept", .get, [.contentLength: "3"]),
      ("/kept", .get, [.transferEncoding: "chunked"]), ("/kept", .get, [.connection: "close"]),
      ("/kept", .get, [.connection: "Upgrade", .upgrade: "h2c"]),
      ("/kept", .get, [.expect: "100-continue"]), ("/made", .get, [:]), ("/kept2", .get, [:]),
      ("/api", .get, [:]),
    ] as [(String, HTTPRequest.Method, HTTPFields)])
  func `all else goes on to the server`(
    path: String, method: HTTPRequest.Method, headers: HTTPFields
  ) throws {
    let line = try Line()
    try line.ask(path, method: method, headers)
    #expect(try line.wentOn() == 1)
    #expect(try line.left() == [])
  }

  @Test func `who does not read is answered no more at once`() throws {
    let line = try Line()
    try line.ask("/kept")
    line.channel.isWritable = false
    try line.ask("/kept")
    line.channel.isWritable = true
    try line.ask("/kept")
    #expect(try line.left() == [200])
    #expect(try line.wentOn() == 2)
  }

  @Test func `the head alone, with what browsers send along, is answered too`() throws {
    let line = try Line()
    try line.ask("/kept", method: .head, [.connection: "Keep-Alive", .contentLength: "0"])
    #expect(try line.wentOn() == 0)
    #expect(try line.left() == [200])
  }

  @Test func `a body that nobody announced goes on with its request`() throws {
    let line = try Line()
    let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/kept")
    try line.channel.writeInbound(HTTPRequestPart.head(head))
    #expect(try line.wentOn() == 0)
    try line.channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
    #expect(try line.wentOn() == 1)
    try line.channel.writeInbound(HTTPRequestPart.end(nil))
    #expect(try line.left() == [])
    try line.answer()
    #expect(try line.left() == [404])
  }

  @Test func `the server hears of a connection before it takes it for idle`() throws {
    let line = try Line()
    for _ in 0..<10 {
      line.channel.embeddedEventLoop.advanceTime(by: .seconds(6))
      try line.ask("/kept")
      if try line.wentOn() > 0 { try line.answer() }
    }
    // Every twelve seconds.
    #expect(try line.left().filter { $0 == 404 }.count == 5)
    #expect(line.channel.isActive)
  }
}
