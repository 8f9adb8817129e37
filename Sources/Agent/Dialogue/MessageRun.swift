import Model

/// One message and its answer over a stream, each behind its length in two bytes, the higher first, as
/// the DNS has it (RFC 1035 section 4.2.2, RFC 7858 section 3.3).
///
/// What comes behind the answer is not looked at.
public struct MessageRun {
  private let question: [UInt8]
  /// What has come of the length and the answer.
  private var heard: [UInt8] = []
  private var isOver = false
  /// Once it has come as a whole.
  public private(set) var answer: [UInt8]?

  /// - Parameter question: at most 65,535 bytes.
  public init(_ question: [UInt8]) {
    self.question = question
  }

  public var hasHeard: Bool { !heard.isEmpty || answer != nil }

  /// Says the question.
  public mutating func begin() -> [ScriptRun.Step] {
    guard let count = UInt16(exactly: question.count) else {
      isOver = true
      return [.failed(Failure(.agentFailed, detail: "the question is too long"))]
    }
    return [.send([UInt8(count >> 8), UInt8(count & 255)] + question)]
  }

  /// Hears bytes.
  public mutating func take(_ bytes: [UInt8]) -> [ScriptRun.Step] {
    guard !isOver else { return [] }
    var rest = bytes[...]
    // Never more than the answer itself is held.
    while let wanted, !rest.isEmpty {
      heard += rest.prefix(wanted)
      rest = rest.dropFirst(wanted)
    }
    guard wanted == nil else { return [] }
    answer = Array(heard.dropFirst(2))
    heard = []
    isOver = true
    return [.met]
  }

  /// The peer has closed.
  public mutating func closed() -> [ScriptRun.Step] {
    guard !isOver else { return [] }
    isOver = true
    return [
      .failed(
        hasHeard
          ? Failure(
            .protocolIncomplete, detail: "the answer ended before the length that it states")
          : Failure(.tcpClosed, detail: "the connection was closed without an answer"))
    ]
  }

  /// How many bytes are missing, as far as that is known; `nil` where none is.
  private var wanted: Int? {
    guard heard.count >= 2 else { return 2 - heard.count }
    let missing = 2 + (Int(heard[0]) << 8 | Int(heard[1])) - heard.count
    return missing > 0 ? missing : nil
  }
}
