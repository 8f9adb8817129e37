import AgentCore
import CLinux
import Dialogue
import Linux
import Model

/// Sends a datagram from a port of its own, and hears what comes back.
final class DatagramConversation: Conversation {
  private static let readsAtOnce = 16

  private let number: UInt64
  private let plan: DatagramPlan
  private unowned let host: ConversationHost
  private let begunUs: Int64
  private let deadlineUs: Int64
  private var race: ConnectRace
  private var socket: InternetSocket?
  private var run: DatagramRun
  private var facts = ConversationReport()
  private(set) var report: ConversationReport?

  init(
    _ number: UInt64, _ plan: DatagramPlan, _ host: ConversationHost, nowUs: Int64,
    deadlineUs: Int64
  ) {
    self.number = number
    self.plan = plan
    self.host = host
    begunUs = nowUs
    self.deadlineUs = deadlineUs
    race = ConnectRace(plan.addresses, nowUs: nowUs)
    run = DatagramRun(plan, nowUs: nowUs, deadlineUs: deadlineUs)
  }

  var wakeUs: Int64 { min(deadlineUs, run.wakeUs) }

  func begin(nowUs: Int64) {
    while socket == nil, let (attempt, address) = race.due(nowUs: nowUs) {
      let target = SocketAddress(address, port: plan.port)
      if let rule = target.refusal(by: host.rules) {
        race.barred(attempt, by: rule, nowUs: nowUs)
        continue
      }
      do throws(SocketTrouble) {
        let opened = try InternetSocket(target.family, SOCK_DGRAM)
        _ = try opened.connect(to: target)
        _ = try opened.send(plan.payload[...])
        do {
          try host.queue.add(
            opened.raw, for: .readable, token: ConversationHost.token(number, attempt))
        } catch {
          throw SocketTrouble(errno: error.code)
        }
        race.connected(attempt, nowUs: nowUs)
        socket = opened
      } catch {
        race.failed(attempt, error, nowUs: nowUs)
      }
    }
    if socket == nil { finish(race.failure, nowUs) }
  }

  func ready(_ slot: Int, _ readiness: Readiness, nowUs: Int64) {
    for _ in 0..<Self.readsAtOnce {
      guard report == nil, let socket else { return }
      let received = host.withBuffer { buffer -> ([UInt8], SocketTrouble?)? in
        switch socket.receive(into: buffer) {
        case .bytes(let count): (Array(buffer[..<count]), nil)
        // A datagram may be empty.
        case .closed: ([], nil)
        case .nothing: nil
        case .broke(let trouble): ([], trouble)
        }
      }
      guard let (bytes, trouble) = received else { return }
      if let trouble {
        broke(trouble, nowUs)
      } else {
        facts.note(bytes, atUs: nowUs - begunUs)
        carry(run.received(bytes), nowUs)
      }
    }
  }

  func passed(nowUs: Int64) {
    carry(run.passed(nowUs: nowUs), nowUs)
  }

  private func carry(_ steps: [DatagramRun.Step], _ nowUs: Int64) {
    for step in steps where report == nil {
      switch step {
      case .resend:
        do throws(SocketTrouble) {
          _ = try socket?.send(plan.payload[...])
        } catch {
          broke(error, nowUs)
        }
      case .end(let failure): finish(failure, nowUs)
      }
    }
  }

  private func broke(_ trouble: SocketTrouble, _ nowUs: Int64) {
    if trouble == .connection(.refused) {
      carry(run.refused(), nowUs)
    } else {
      finish(ConversationJudgement.failure(of: trouble), nowUs)
    }
  }

  private func finish(_ failure: Failure?, _ nowUs: Int64) {
    guard report == nil else { return }
    facts.failure = failure
    facts.totalUs = nowUs - begunUs
    facts.address = race.decisive
    facts.attempts = race.attempts
    report = facts
    socket = nil
  }
}
