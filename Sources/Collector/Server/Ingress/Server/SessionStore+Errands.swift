import Model
import Postgres
import Store
import Wire

/// What a session tells the store beside its results, and what it is given to ask.
extension SessionStore {
  /// What ``run(_:_:_:)`` gives.
  struct Errand: Sendable {
    var probes: [ProbeNow] = []
    var tries: [Try] = []
    var hasMoreProbes = false
    /// Until the next has its turn, where one waits.
    var nextMs: Int64?
    /// Questions that were given up since they could not be read, and why the first could not.
    var unreadable: (count: Int, reason: String)?
  }

  /// Tells the store what a session has to tell, and takes the "probe now" that wait for its agent;
  /// they count as sent from here on. So do the checks that somebody tries.
  ///
  /// - Parameter takesTries: whether the agent knows what to do with these.
  func run(
    _ errands: Errands, _ agentKey: Int32, takesTries: Bool, _ connection: Connection
  ) throws -> Errand {
    if !errands.overdue.isEmpty {
      try ProbeRequests.overdue(slots: Array(errands.overdue), agent: agentKey, connection)
    }
    if !errands.done.isEmpty {
      try ProbeRequests.finish(
        errands.done.map { ($0.id, $0.isDropped) }, agent: agentKey, connection)
    }
    for tried in errands.tried {
      let answer = TryAnswer(tried.record, attempts: tried.attempts)
      try CheckTries.answer(tried.id, answer, agent: agentKey, connection)
    }
    var errand = errands.wantsProbes ? try takeProbes(agentKey, connection) : Errand()
    // Last: what is taken is not asked for again, and must not be lost with what fails beside it.
    if errands.wantsTries {
      errand.tries = try takeTries(agentKey, sends: takesTries, connection)
    }
    return errand
  }

  private func takeProbes(_ agentKey: Int32, _ connection: Connection) throws -> Errand {
    // One transaction: what could not be read for want of a connection was not taken.
    try connection.transaction { connection in
      let taken = try ProbeRequests.take(agent: agentKey, connection)
      var errand = Errand()
      try ask(taken.requests, agentKey, &errand, connection)
      errand.hasMoreProbes = taken.requests.count >= ProbeRequests.takeLimit
      errand.nextMs = taken.nextMs
      return errand
    }
  }

  /// Takes the checks that are tried; an agent that can't be sent them has answered with that.
  private func takeTries(
    _ agentKey: Int32, sends: Bool, _ connection: Connection
  ) throws(PostgresError) -> [Try] {
    let questions = try CheckTries.take(agent: agentKey, sealing: key, connection)
    guard !sends else {
      return questions.map { Try(id: $0.id, target: $0.target, deadlineMs: $0.deadlineMs) }
    }
    for question in questions {
      let answer = TryAnswer(unasked: .agentNotUnderstood)
      try CheckTries.answer(question.id, answer, agent: agentKey, connection)
    }
    return []
  }

  /// Adds the questions with their targets. One whose target is gone, or can't be read, is given up at
  /// once, so that neither its round nor the questions beside it wait for it.
  private func ask(
    _ requests: [ProbeRequests.Request], _ agentKey: Int32, _ errand: inout Errand,
    _ connection: Connection
  ) throws {
    guard !requests.isEmpty else { return }
    var targets: [UInt64: AssignedTarget] = [:]
    let slots = Array(Set(requests.map(\.slot)))
    if let failure = try read(slots, into: &targets, agentKey, connection) {
      // Whichever it is: each by itself.
      var unread: Set<Int64> = []
      for slot in slots
      where try read([slot], into: &targets, agentKey, connection) != nil {
        unread.insert(slot)
      }
      let count = requests.count { unread.contains($0.slot) }
      if count > 0 { errand.unreadable = (count, "\(failure)") }
    }
    var lost: [(id: ProbeRequestID, isDropped: Bool)] = []
    for request in requests {
      if let target = targets[UInt64(max(0, request.slot))] {
        errand.probes.append(
          ProbeNow(id: request.id, target: target, deadlineMs: Int64(request.deadlineMs)))
      } else {
        lost.append((request.id, isDropped: true))
      }
    }
    if !lost.isEmpty { try ProbeRequests.finish(lost, agent: agentKey, connection) }
  }

  /// Reads the targets of slots within a transaction, which stands whether they can be read or not;
  /// returns why they can't. Throws only what another connection, or another time, could mend.
  private func read(
    _ slots: [Int64], into targets: inout [UInt64: AssignedTarget], _ agentKey: Int32,
    _ connection: Connection
  ) throws -> PostgresError? {
    try connection.execute("SAVEPOINT reading")
    do throws(PostgresError) {
      for target in try AgentAssignment.targets(
        of: slots, agentKey: agentKey, sealing: key, connection)
      {
        targets[target.slot] = target
      }
      try connection.execute("RELEASE SAVEPOINT reading")
      return nil
    } catch {
      guard error.kind == .bug || error.kind == .rejectedData else { throw error }
      try connection.execute("ROLLBACK TO SAVEPOINT reading")
      return error
    }
  }
}
