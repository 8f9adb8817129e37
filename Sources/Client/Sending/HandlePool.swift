import Curl
import Linux
import Synchronization

/// Runs transfers, each on a thread of its own, and keeps a few handles with their connections for the
/// next ones.
final class HandlePool: Sendable {
  /// A handle that no thread uses.
  ///
  /// Unchecked: it stands either in the list, where nobody touches it, or with the one thread that
  /// took it out; the lock around the list orders the two.
  private struct Idle: @unchecked Sendable {
    let handle: EasyHandle
  }

  private let idle = Mutex<[Idle]>([])
  private static let mostIdle = 4

  func perform(_ order: TransferOrder) async -> TransferOutcome {
    let promise = TransferPromise()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard promise.begin(continuation) else { return }
        do {
          _ = try DedicatedThread(name: "upblit-client") {
            promise.end(self.run(order, isWanted: { !promise.isOver }))
          }
        } catch {
          let reason = "no thread can be started: \(error)"
          promise.end(
            TransferOutcome(
              answer: .failure(.unreachable(order.configuration.server, reason: reason))))
        }
      }
    } onCancel: {
      promise.end(TransferOutcome(answer: .failure(.cancelled)))
    }
  }

  private func run(_ order: TransferOrder, isWanted: @escaping () -> Bool) -> TransferOutcome {
    let server = order.configuration.server
    do throws(CurlError) {
      let kept = idle.withLock { $0.popLast() }
      let handle: EasyHandle
      if let kept { handle = kept.handle } else { handle = try EasyHandle() }
      let (code, outcome) = try Self.run(order, on: handle, isWanted: isWanted)
      // After a failure nothing is known of the handle's connections.
      if code == .ok {
        try handle.reset()
        idle.withLock { if $0.count < Self.mostIdle { $0.append(Idle(handle: handle)) } }
      }
      return outcome
    } catch {
      return TransferOutcome(
        answer: .failure(.unreachable(server, reason: error.text)))
    }
  }

  private static func run(
    _ order: TransferOrder, on handle: EasyHandle, isWanted: @escaping () -> Bool
  ) throws(CurlError) -> (CurlCode, TransferOutcome) {
    let configuration = order.configuration
    let server = configuration.server
    let sink = AnswerSink(limit: configuration.answerLimit, isWanted: isWanted)
    try handle.take(order)
    try handle.listen(sink)
    let code = handle.perform()
    handle.listen(for: nil)
    var outcome = TransferOutcome(answer: .failure(.cancelled))
    outcome.milliseconds = Int(clamping: handle.info(.totalTime) / 1000)
    if code == .ok {
      outcome.answer = .success(
        TransferOutcome.Answer(
          status: handle.info(.status), headers: sink.headers, body: sink.body))
    } else if sink.isOverfull {
      outcome.answer = .failure(.tooLong(server, limit: configuration.answerLimit))
    } else if code == .timedOut {
      outcome.answer = .failure(.timedOut(server, milliseconds: configuration.timeoutMs))
    } else if isWanted() {
      let reason = handle.errorText.isEmpty ? code.text : handle.errorText
      outcome.answer = .failure(.unreachable(server, reason: reason))
    }
    return (code, outcome)
  }
}

/// The end of a transfer, awaited once: whichever of answer and cancellation comes first.
final class TransferPromise: Sendable {
  private enum State {
    case new
    case awaited(CheckedContinuation<TransferOutcome, Never>)
    /// Ended; the outcome waits for someone to ask only where nobody had yet.
    case over(TransferOutcome?)
  }

  private let state = Mutex(State.new)

  /// Whether the transfer is still to be run.
  func begin(_ continuation: CheckedContinuation<TransferOutcome, Never>) -> Bool {
    let early = state.withLock { state -> TransferOutcome? in
      switch state {
      case .new:
        state = .awaited(continuation)
        return nil
      case .awaited, .over(nil): return TransferOutcome(answer: .failure(.cancelled))
      case .over(let outcome?):
        state = .over(nil)
        return outcome
      }
    }
    if let early { continuation.resume(returning: early) }
    return early == nil
  }

  func end(_ outcome: TransferOutcome) {
    let continuation = state.withLock {
      state -> CheckedContinuation<TransferOutcome, Never>? in
      switch state {
      case .new:
        state = .over(outcome)
        return nil
      case .awaited(let continuation):
        state = .over(nil)
        return continuation
      case .over: return nil
      }
    }
    continuation?.resume(returning: outcome)
  }

  var isOver: Bool {
    state.withLock { if case .over = $0 { true } else { false } }
  }
}
