import AgentCore
import Linux
import Model
import Probing
import Synchronization

/// Runs checks with the agent's prober, many at once, and gives their answers in the order of the
/// checks, each as soon as those before it are there.
struct CheckRunner {
  var concurrency: Int
  var allowsLoopback: Bool
  var caFile: String?

  init(concurrency: Int, allowsLoopback: Bool) {
    self.concurrency = concurrency
    self.allowsLoopback = allowsLoopback
  }

  func run(_ specs: [CheckSpec], _ tell: (CheckAnswer) -> Void) throws(CLIError) {
    _ = ProcessLimits.raiseOpenFiles(to: 16_384)
    var configuration = ProberConfiguration()
    configuration.allowsLoopback = allowsLoopback
    configuration.leastConcurrentRequests = concurrency
    configuration.keepsAllEvidence = true
    configuration.userAgent = "upblit-check"
    if let caFile { configuration.caFile = caFile }
    let tray: AnswerTray
    do { tray = try AnswerTray() } catch { throw CLIError(.failure, "\(error)") }
    let prober = Prober(
      configuration: configuration, agent: .zero, clock: AgentClock(), sink: tray)
    do { try prober.start() } catch { throw CLIError(.failure, "\(error)") }
    defer { prober.stop() }
    var begun = 0
    for (index, spec) in specs.enumerated() {
      // A few more than run, so that the prober never waits for the next.
      while begun < specs.count, begun < index + 2 * concurrency {
        begin(specs[begun], at: begun, prober, tray)
        begun += 1
      }
      tell(CheckAnswer(spec, tray.take(UInt64(index + 1))))
    }
  }

  /// Runs one check on a thread of its own.
  func answer(_ spec: CheckSpec) async -> Result<CheckAnswer, CLIError> {
    await withCheckedContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "check") {
          var found: CheckAnswer?
          do throws(CLIError) {
            try run([spec]) { found = $0 }
            continuation.resume(returning: .success(found ?? CheckAnswer(spec, nil)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      } catch {
        continuation.resume(returning: .failure(CLIError(.failure, "\(error)")))
      }
    }
  }

  /// Probes by "probe now"; the slot is the check's place, from 1.
  private func begin(_ spec: CheckSpec, at index: Int, _ prober: Prober, _ tray: AnswerTray) {
    let slot = UInt64(index + 1)
    guard case .success(let question) = spec.content else { return tray.put(nil, of: slot) }
    let target = AssignedTarget(
      slot: slot, monitor: .zero, intervalSeconds: 86_400, timeoutMs: question.timeoutMs,
      phaseMs: 0,
      question: .check(question.check))
    prober.probeNow(
      ProbeRequestID(high: 0, low: slot), target: target, deadlineMs: question.timeoutMs)
  }
}

/// What the prober found out.
struct CheckFinding: Sendable {
  var record: ProbeRecord
  var evidence: ProbeEvidence?
}

/// Where the prober's thread puts answers, and the command's takes them.
private final class AnswerTray: ProbeSink {
  private struct Content {
    var findings: [UInt64: CheckFinding?] = [:]
    var evidence: [UInt64: ProbeEvidence] = [:]
    /// Slots whose target's way is being traced, and what was found of them before.
    var traced: [UInt64: CheckFinding?] = [:]
  }

  private let content = Mutex(Content())
  private let arrived: WakeUp

  init() throws(SystemError) {
    arrived = try WakeUp()
  }

  func put(_ finding: CheckFinding?, of slot: UInt64) {
    content.withLock { $0.findings[slot] = .some(finding) }
    arrived.signal()
  }

  /// Waits for the answer of `slot`; `nil` for a check that was never asked.
  func take(_ slot: UInt64) -> CheckFinding? {
    while true {
      if let finding = content.withLock({ $0.findings.removeValue(forKey: slot) }) {
        return finding
      }
      waitForSockets([WatchedSocket(arrived.descriptor)], timeoutMs: 1_000)
      arrived.drain()
    }
  }

  func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex {
    InFlightIndex(rawValue: 0)
  }

  func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord) {
    content.withLock { $0.evidence[record.slot] = evidence }
  }

  func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord, tracedByMs: Int64) {
    content.withLock {
      $0.evidence[record.slot] = evidence
      $0.traced[record.slot] = .some(nil)
    }
  }

  /// An answer waits for its trace, which comes within seconds.
  func traceFound(_ trace: [UInt8], of record: ProbeRecord) {
    guard
      case .some(.some(var finding)) = content.withLock({
        $0.traced.removeValue(forKey: record.slot)
      })
    else { return }
    finding.evidence?.traceroute = trace
    put(finding, of: record.slot)
  }

  func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) {
    let finding = content.withLock { content -> CheckFinding? in
      let evidence = content.evidence.removeValue(forKey: record.slot)
      let finding = CheckFinding(record: record, evidence: evidence)
      guard content.traced[record.slot] != nil else { return finding }
      content.traced[record.slot] = .some(finding)
      return nil
    }
    if let finding { put(finding, of: record.slot) }
  }

  func probeOverdue(slot: UInt64, runningMs: UInt32) {}

  func requestDropped(_ request: ProbeRequestID) { put(nil, of: request.low) }
}
