import Linux
import Synchronization

/// Leads an answer from libcurl's thread, which blocks where nobody reads, to the one task that does.
final class StreamPipe: Sendable {
  enum Piece: Sendable {
    case head(status: Int, headers: [APIAnswer.Header])
    case body([UInt8])
  }

  typealias Taken = Result<Piece?, APIError>

  fileprivate struct State {
    var pieces: [Piece] = []
    var bytes = 0
    /// How it ended: whatever was gathered before is still given.
    var end: Result<Void, APIError>?
    var reader: CheckedContinuation<Taken, Never>?
    var isAbandoned = false
    var isBlocked = false

    /// What there is to be taken; `nil` where one has to wait.
    mutating func take() -> Taken? {
      if !pieces.isEmpty {
        let piece = pieces.removeFirst()
        if case .body(let piece) = piece { bytes -= piece.count }
        return .success(piece)
      }
      return end?.map { _ in nil }
    }
  }

  /// How many bytes wait at most before the peer is kept waiting.
  private static let bound = 1 << 20

  fileprivate let state = Mutex(State())
  /// Wakes the thread that waits for room.
  private let room: WakeUp

  init() throws(SystemError) { room = try WakeUp() }

  // MARK: The thread's side

  /// Hands a piece over; waits where there are too many.
  ///
  /// - Returns: whether anybody wants more.
  func push(_ piece: Piece) -> Bool {
    while true {
      let step = state.withLock {
        state -> (isDone: Bool, reader: (CheckedContinuation<Taken, Never>, Taken)?) in
        if state.isAbandoned || state.end != nil { return (true, nil) }
        guard state.bytes < Self.bound else {
          state.isBlocked = true
          return (false, nil)
        }
        state.pieces.append(piece)
        if case .body(let bytes) = piece { state.bytes += bytes.count }
        return (true, state.wake())
      }
      if let (reader, taken) = step.reader { reader.resume(returning: taken) }
      if step.isDone { return state.withLock { !$0.isAbandoned && $0.end == nil } }
      waitForSockets([WatchedSocket(room.descriptor)], timeoutMs: 60_000)
      room.drain()
    }
  }

  /// Says how it ended; the first word counts.
  func finish(_ end: Result<Void, APIError>) {
    let reader = state.withLock { state -> (CheckedContinuation<Taken, Never>, Taken)? in
      if state.end != nil { return nil }
      state.end = end
      return state.wake()
    }
    if let (reader, taken) = reader { reader.resume(returning: taken) }
    room.signal()
  }

  /// Ends it as timed out unless it was begun within so many milliseconds.
  func finish(unlessBegunWithin milliseconds: Int, _ error: APIError) async {
    do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return }
    finish(.failure(error))
  }

  // MARK: The reader's side

  /// The next piece; `nil` at the end. One task reads.
  func next() async throws(APIError) -> Piece? {
    let taken = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Taken, Never>) in
        let ready = state.withLock { state -> Taken? in
          if let taken = state.take() { return taken }
          state.reader = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      finish(.failure(.cancelled))
    }
    let wasBlocked = state.withLock { state in
      defer { state.isBlocked = false }
      return state.isBlocked
    }
    if wasBlocked { room.signal() }
    return try taken.get()
  }

  /// Nobody reads any more: the transfer ends at its next byte.
  func abandon() {
    state.withLock { state in
      state.isAbandoned = true
      state.pieces = []
    }
    room.signal()
  }
}

extension StreamPipe.State {
  /// What a waiting reader is to be given.
  fileprivate mutating func wake() -> (
    CheckedContinuation<StreamPipe.Taken, Never>, StreamPipe.Taken
  )? {
    guard let reader, let taken = take() else { return nil }
    self.reader = nil
    return (reader, taken)
  }
}
