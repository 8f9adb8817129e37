import AgentCore
import Dialogue
import Linux
import Model

/// Sends echo requests to one address, and counts what comes back.
final class EchoConversation: Conversation {
  private let number: UInt64
  private let plan: EchoPlan
  private unowned let host: ConversationHost
  private let begunUs: Int64
  private let deadlineUs: Int64
  private var race: ConnectRace
  private var target: IPAddress?
  private var sequences: [UInt16] = []
  private var run: EchoRun
  private var facts = ConversationReport()
  private(set) var report: ConversationReport?

  init(
    _ number: UInt64, _ plan: EchoPlan, _ host: ConversationHost, nowUs: Int64, deadlineUs: Int64
  ) {
    self.number = number
    self.plan = plan
    self.host = host
    begunUs = nowUs
    self.deadlineUs = deadlineUs
    race = ConnectRace(plan.addresses, nowUs: nowUs)
    run = EchoRun(plan, nowUs: nowUs, deadlineUs: deadlineUs)
  }

  deinit {
    leave()
  }

  var wakeUs: Int64 { run.wakeUs }

  /// Sends the first request to the first address that can be sent to.
  func begin(nowUs: Int64) {
    let first = run.due(nowUs: nowUs)
    while target == nil, let first, let (attempt, address) = race.due(nowUs: nowUs) {
      if let rule = SocketAddress(address, port: 0).refusal(by: host.rules) {
        race.barred(attempt, by: rule, nowUs: nowUs)
        continue
      }
      do throws(SocketTrouble) {
        try host.echoes.join(isIPv6: address.isIPv6)
        target = address
        try send(first, to: address)
        race.connected(attempt, nowUs: nowUs)
      } catch {
        race.failed(attempt, error, nowUs: nowUs)
        leave()
      }
    }
    if target == nil { finish(first == nil ? run.failure : race.failure, nowUs) }
  }

  func ready(_ slot: Int, _ readiness: Readiness, nowUs: Int64) {}

  func passed(nowUs: Int64) {
    guard report == nil, let target else { return }
    while let index = run.due(nowUs: nowUs) {
      do throws(SocketTrouble) {
        try send(index, to: target)
      } catch {
        switch error {
        case .connection(.unreachable(let text)): run.failed(index, text)
        default:
          finish(ConversationJudgement.failure(of: error), nowUs)
          return
        }
      }
    }
    endIfOver(nowUs)
  }

  func heard(_ echo: EchoSockets.Heard, nowUs: Int64) {
    guard report == nil else { return }
    switch echo.what {
    case .replied:
      facts.firstByteUs = facts.firstByteUs ?? nowUs - begunUs
      run.replied(echo.index, nowUs: nowUs)
    case .failed(let why): run.failed(echo.index, why)
    }
    endIfOver(nowUs)
  }

  private func send(_ index: Int, to address: IPAddress) throws(SocketTrouble) {
    sequences.append(
      try host.echoes.send(
        number, index, to: SocketAddress(address, port: 0), address, size: plan.size))
    host.hearEchoesIfMany()
  }

  private func endIfOver(_ nowUs: Int64) {
    if run.isOver(nowUs: nowUs) { finish(run.failure, nowUs) }
  }

  private func leave() {
    guard let target else { return }
    host.echoes.leave(isIPv6: target.isIPv6, sequences: sequences)
    self.target = nil
    sequences = []
  }

  private func finish(_ failure: Failure?, _ nowUs: Int64) {
    guard report == nil else { return }
    facts.failure = failure
    facts.totalUs = nowUs - begunUs
    facts.address = race.decisive
    facts.attempts = race.attempts
    facts.echo = run.statistics
    report = facts
    leave()
  }
}
