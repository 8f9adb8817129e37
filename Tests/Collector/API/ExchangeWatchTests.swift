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
      ExchangeWatch(APIConfiguration.Patience()),
    ])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  var isOpen: Bool { channel.isActive }

  func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

  func ask(whole: Bool = true) throws {
    let get = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
    try channel.writeInbound(HTTPRequestPart.head(get))
    if whole { try channel.writeInbound(HTTPRequestPart.end(nil)) }
  }

  /// An answer that leaves at once.
  func answer(_ headers: HTTPFields = [:]) throws {
    let head = HTTPResponse(status: .ok, headerFields: headers)
    try channel.writeOutbound(HTTPResponsePart.head(head))
    try channel.writeOutbound(HTTPResponsePart.end(nil))
  }
}

/// When a connection has waited long enough.
struct ExchangeWatchTests {
  @Test func `who has not asked in time is not waited for`() throws {
    let line = try Line()
    line.pass(9)
    #expect(line.isOpen)
    line.pass(1)
    #expect(!line.isOpen)
  }

  @Test func `a request may take its time, a connection without one may not`() throws {
    let line = try Line()
    try line.ask()
    line.pass(3600)
    #expect(line.isOpen)
    try line.answer()
    line.pass(59)
    #expect(line.isOpen)
    line.pass(1)
    #expect(!line.isOpen)
  }

  @Test func `an answer that moves is waited for, one that stands is not`() throws {
    let line = try Line()
    try line.ask()
    line.channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
    let long = HTTPResponsePart.body(ByteBuffer(repeating: 0, count: 100_000))
    for _ in 0..<10 {
      line.channel.write(long, promise: nil)
      line.pass(29)
      line.channel.flush()
    }
    #expect(line.isOpen)
    // A stream on which there is nothing to say stands still by itself.
    line.pass(3600)
    #expect(line.isOpen)
    line.channel.write(long, promise: nil)
    line.pass(29)
    #expect(line.isOpen)
    line.pass(1)
    #expect(!line.isOpen)
  }

  @Test func `a long answer leaves in pieces and whole`() throws {
    let line = try Line()
    try line.ask()
    let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
    try line.channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(bytes: bytes)))
    var pieces: [[UInt8]] = []
    while case .body(let piece)? = try line.channel.readOutbound(as: HTTPResponsePart.self) {
      pieces.append(Array(piece.readableBytesView))
    }
    #expect(pieces.count == 4 && Array(pieces.joined()) == bytes)
  }

  @Test func `the rest of a request that was answered is waited for shortly`() throws {
    let line = try Line()
    try line.ask(whole: false)
    line.pass(3600)
    try line.answer()
    try line.channel.writeInbound(HTTPRequestPart.end(nil))
    line.pass(2)
    #expect(line.isOpen)
    try line.ask(whole: false)
    try line.answer()
    try line.channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0, count: 10)))
    line.pass(2)
    #expect(!line.isOpen)
  }

  @Test func `after the last answer the connection ends`() throws {
    let line = try Line()
    try line.ask()
    try line.answer()
    #expect(line.isOpen)
    try line.ask()
    try line.answer([.connection: "close"])
    line.pass(2)
    #expect(!line.isOpen)
  }
}
