import Conditions
import Dialogue
import Model
import Testing

@Suite struct ScriptRunTests {
  /// What comes of a script to which these pieces are said, and then the end.
  private static func run(
    _ steps: [StreamStep], _ pieces: [[UInt8]], closes: Bool = true
  ) -> [ScriptRun.Step] {
    var run = ScriptRun(steps)
    var result = run.begin()
    for piece in pieces { result += run.take(piece) }
    return closes ? result + run.closed() : result
  }

  private static func reason(_ steps: [ScriptRun.Step]) -> Reason? {
    guard case .failed(let failure) = steps.last else { return nil }
    return failure.reason
  }

  @Test func `a script is spoken in order, however its answers are cut`() throws {
    let steps: [StreamStep] = [
      .expect(try pattern("^220 .*\\n")), .send("EHLO a\r\n"), .expect("250"), .send("QUIT\r\n"),
      .expect(try pattern("221")), .expectClose,
    ]
    let answers = text("220 mail ready\r\n250 ok\r\n221 bye\r\n")
    for pieces in everySplit(answers) {
      #expect(
        Self.run(steps, pieces)
          == [.send(text("EHLO a\r\n")), .send(text("QUIT\r\n")), .met], "\(pieces)")
    }
  }

  @Test func `a script without steps is met at once, and says no more`() {
    var run = ScriptRun([])
    #expect(run.begin() == [.met])
    #expect(run.take(text("x")) == [])
    #expect(run.closed() == [])
  }

  @Test func `a match ends where it ends, and the next begins behind it`() throws {
    // "aa" has one "a" for each expectation, and no third.
    let steps: [StreamStep] = [.expect("a"), .expect(try pattern("^a")), .expect("a")]
    for pieces in everySplit(text("aa")) {
      #expect(Self.reason(Self.run(steps, pieces)) == .assertMissing)
      #expect(Self.run(Array(steps.dropLast()), pieces) == [.met])
    }
  }

  @Test func `a text is found behind its own beginning`() {
    for pieces in everySplit(text("aabaabaaac")) {
      #expect(Self.run([.expect("aabaaac")], pieces) == [.met])
    }
  }

  @Test func `an end of the text can make a match`() throws {
    #expect(Self.run([.expect(try pattern("^ok$"))], [text("ok")]) == [.met])
    #expect(Self.run([.expect(try pattern("^ok$"))], [text("ok")], closes: false) == [])
    #expect(
      Self.reason(Self.run([.expect(try pattern("^ok$")), .send("x")], [text("ok")]))
        == .assertRegex)
  }

  private static let closings: [([StreamStep], String, Reason?)] = [
    ([.expect("a")], "", .tcpClosed), ([.expect("a")], "b", .assertMissing),
    ([.expectClose], "", nil), ([.expectClose], "whatever", nil),
    ([.expectClose, .expect("a")], "", .tcpClosed), ([.expectClose, .expectClose], "", nil),
    ([.expect("b"), .expectClose], "abc", nil), ([.expect("")], "", nil),
  ]

  @Test(arguments: closings)
  func `a peer that closes fails what still waits`(
    steps: [StreamStep], heard: String, reason: Reason?
  ) {
    let result = Self.run(steps, heard.isEmpty ? [] : [text(heard)])
    #expect(Self.reason(result) == reason)
    if reason == nil { #expect(result.last == .met) }
  }

  @Test func `what came instead is told, with its controls made visible`() {
    let result = Self.run([.expect("OK")], [text("-ERR \u{1b}[31mno\r\n\u{202e}")])
    guard case .failed(let failure) = result.last else {
      Issue.record("not failed")
      return
    }
    #expect(
      failure.detail == """
        the connection was closed without "OK"; what came: "-ERR \\x1b[31mno\\r\\n\u{fffd}"
        """)
  }

  @Test func `no more is listened to than is bounded`() {
    let piece = [UInt8](repeating: 0x61, count: 1_000)
    for step in [StreamStep.expect("b"), .expectClose] {
      var run = ScriptRun([step])
      _ = run.begin()
      var last: [ScriptRun.Step] = []
      var count = 0
      while last.isEmpty, count < 100 {
        last = run.take(piece)
        count += 1
      }
      #expect(count == 66)
      #expect(Self.reason(last) == (step == .expectClose ? .assertFailed : .assertMissing))
    }
  }

  @Test func `a match starts the bound anew`() {
    let piece = [UInt8](repeating: 0x61, count: 60_000) + [0x62]
    let steps = [StreamStep](repeating: .expect("b"), count: 5)
    #expect(Self.run(steps, [[UInt8]]((0..<5).map { _ in piece })) == [.met])
  }

  @Test func `a pattern that costs too much says nothing about the target`() throws {
    // Its ways are too many to be remembered, so that each byte costs the program's length.
    let costly = try pattern("(.*a.{200}){4}c")
    let heard = noise(60_000)
    #expect(Self.reason(Self.run([.expect(costly)], [heard])) == .assertTooCostly)
    #expect(Reason.assertTooCostly.failureClass == .agent)
  }

  @Test func `dripping costs no more than a flood`() throws {
    let pattern = try pattern("x[0-9]+y")
    var search = Search(pattern)
    for _ in 0..<Search.mostBytes { #expect(search.take([0x31]) == .notYet) }
    #expect(search.take([0x31]) == .tooMuch)
  }
}
