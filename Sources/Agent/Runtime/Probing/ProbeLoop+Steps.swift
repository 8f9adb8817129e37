import AgentCore
import Conversing
import Curl
import DNS
import Dialogue
import Linux
import Model
import Resolving

/// What a probe that has begun waits for: name servers, room, a connection.
extension ProbeLoop: ResolverDelegate, ConversationsDelegate {
  /// Carries out what a probe does next.
  func goOn(_ transfer: ProbeTransfer, with step: ProbeTransfer.Step) {
    let leftUs =
      Int64(transfer.effectiveLimitMs) * 1_000 - (clock.nowMicroseconds() - transfer.startedUs)
    switch step {
    case .finish(let record):
      takeOutOfRunning(transfer)
      finish(transfer, record)
    case .resolve(let host, let family):
      wait(transfer, for: resolver.resolve(host, family: family, limitUs: leftUs))
    case .ask(let question):
      let rules = rules
      let token = resolver.check(question, limitUs: leftUs) { rules.refusal($0)?.reason }
      wait(transfer, for: token)
    case .transfer:
      if transfer.holdsRoom || busy < maximumConcurrent && waitingRoom.isEmpty
        || transfer.canary != nil
      {
        connect(transfer)
      } else {
        transfer.waitingSinceUs = clock.nowMicroseconds()
        waitingRoom.append(transfer)
      }
    case .beginHalves(let pair):
      pair.begin()
      for half in pair.halves { begin(half: half, of: transfer) }
    }
  }

  private func wait(_ transfer: ProbeTransfer, for token: Resolver.Token) {
    transfer.work = .lookup(token)
    asking[token] = transfer
  }

  func resolver(_ resolver: Resolver, found result: Resolver.Result, for token: Resolver.Token) {
    guard let transfer = asking.removeValue(forKey: token) else { return }
    transfer.work = .none
    let nowUs = clock.nowMicroseconds()
    switch result {
    case .resolved(let resolution):
      let old = staleNames
      staleNames = []
      let record = transfer.resolved(resolution, forgetting: old, nowUs: nowUs)
      if let record {
        staleNames += old + [transfer.takeResolvedName()].compactMap(\.self)
        goOn(transfer, with: .finish(record))
      } else {
        goOn(transfer, with: .transfer)
      }
    case .judged(let verdict): goOn(transfer, with: .finish(transfer.judged(verdict, nowUs: nowUs)))
    case .answered: return
    }
  }

  private func connect(_ transfer: ProbeTransfer) {
    if !transfer.holdsRoom {
      transfer.holdsRoom = true
      busy += 1
    }
    if let conversation = transfer.conversation {
      let leftUs = Int64(transfer.effectiveLimitMs) * 1_000 - transfer.hopOffsetUs
      let token = conversations.begin(
        conversation.plan(addresses: transfer.addresses, limitUs: leftUs))
      transfer.work = .conversation(token)
      conversing[token] = transfer
      return
    }
    guard let multi, let handle = transfer.handle else {
      return goOn(
        transfer,
        with: .finish(
          transfer.unasked("the probe was not set up", nowUs: clock.nowMicroseconds())))
    }
    handle.tag = transfer.runningIndex
    transfer.work = .libcurl
    do {
      try multi.add(handle)
    } catch {
      goOn(
        transfer,
        with: .finish(
          transfer.unasked(
            "the probe can't be begun: \(error)", nowUs: clock.nowMicroseconds())))
    }
  }

  func conversations(
    _ conversations: Conversations, ended report: ConversationReport,
    for token: Conversations.Token
  ) {
    if let record = tracing.removeValue(forKey: token) {
      traces.ended()
      return sink.traceFound(report.trace, of: record)
    }
    if let number = carriedByConversation.removeValue(forKey: token) {
      return ended(number, report)
    }
    guard let transfer = conversing.removeValue(forKey: token) else { return }
    transfer.work = .none
    let record = transfer.record(of: report, nowUs: clock.nowMicroseconds())
    goOn(transfer, with: .finish(record))
  }

  /// Lets those connect that wait for room, and ends those that waited as long as they may: these say
  /// nothing about their targets.
  func admit() {
    while busy < maximumConcurrent, let transfer = waitingRoom.popFirst() { connect(transfer) }
    guard !waitingRoom.isEmpty else { return }
    let nowUs = clock.nowMicroseconds()
    guard nowUs >= waitCheckDueUs else { return }
    waitCheckDueUs = nowUs + Self.waitCheckUs
    var late: [ProbeTransfer] = []
    waitingRoom.removeAll { transfer in
      let isLate =
        nowUs - transfer.waitingSinceUs > Int64(transfer.effectiveLimitMs) * 1_000
      if isLate { late.append(transfer) }
      return isLate
    }
    for transfer in late {
      goOn(
        transfer,
        with: .finish(
          transfer.unasked(
            "as many probes as may run were out for the whole of the check's limit",
            .agentOverload, nowUs: nowUs)))
    }
  }
}
