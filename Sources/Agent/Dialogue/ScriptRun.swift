import Model

/// A send/expect script under way.
///
/// What comes before it is asked for is heard by the expectation that follows, byte for byte.
public struct ScriptRun {
  public enum Step: Hashable, Sendable {
    case send([UInt8])
    /// All was said and heard; nothing follows.
    case met
    case failed(Failure)
  }

  private let steps: [StreamStep]
  private var next = 0
  /// What is waited for now, where that is a text.
  private var search: Search?
  private var awaitsClose = false
  private var ignored = 0
  private var isOver = false
  /// Whether anything came since the script began.
  public private(set) var hasHeard = false

  public init(_ steps: [StreamStep]) {
    self.steps = steps
  }

  /// Whether something is waited for.
  public var isWaiting: Bool { search != nil || awaitsClose }

  /// Says what comes first.
  public mutating func begin() -> [Step] { goOn([]) }

  /// Hears bytes.
  public mutating func take(_ bytes: [UInt8]) -> [Step] {
    guard !isOver else { return [] }
    if !bytes.isEmpty { hasHeard = true }
    return goOn(bytes[...])
  }

  /// The peer has closed, in an orderly way or by cutting TLS short.
  public mutating func closed() -> [Step] {
    guard !isOver else { return [] }
    if awaitsClose {
      awaitsClose = false
      // Nobody is there for what might follow.
      if let rest = steps[next...].first(where: { $0 != .expectClose }) {
        return end(
          .failed(
            Failure(.tcpClosed, detail: "the connection was closed before \(Self.words(rest))")))
      }
      return end(.met)
    }
    guard hasHeard, var search else {
      return end(
        .failed(Failure(.tcpClosed, detail: "the connection was closed without an answer")))
    }
    switch search.finish() {
    case .met where next == steps.count: return end(.met)
    case .tooCostly: return end(.failed(search.costFailure))
    case .met, .notYet, .tooMuch: return end(.failed(search.failure("the connection was closed")))
    }
  }

  private static func words(_ step: StreamStep) -> String {
    switch step {
    case .send: "all was said"
    case .expect: "all was heard"
    case .expectClose: "it should be"
    }
  }

  private mutating func goOn(_ bytes: ArraySlice<UInt8>) -> [Step] {
    var bytes = bytes
    var result: [Step] = []
    while true {
      if awaitsClose {
        ignored += bytes.count
        guard ignored > Search.mostBytes else { return result }
        return result
          + end(
            .failed(
              Failure(
                .assertFailed,
                detail: "\(Search.mostBytes) bytes came, where the connection should be closed")))
      }
      if search != nil {
        switch search?.take(bytes) {
        case .met(let count):
          bytes = bytes.dropFirst(count)
          search = nil
        case .tooCostly:
          return result + end(.failed(search?.costFailure ?? Failure(.content, detail: "")))
        case .tooMuch:
          let failure = search?.failure("\(Search.mostBytes) bytes came")
          return result + end(.failed(failure ?? Failure(.content, detail: "")))
        case .notYet, nil: return result
        }
      }
      guard next < steps.count else { return result + end(.met) }
      switch steps[next] {
      case .send(let bytes): result.append(.send(bytes))
      case .expect(let expectation): search = Search(expectation)
      case .expectClose: awaitsClose = true
      }
      next += 1
    }
  }

  private mutating func end(_ step: Step) -> [Step] {
    isOver = true
    search = nil
    awaitsClose = false
    return [step]
  }
}
