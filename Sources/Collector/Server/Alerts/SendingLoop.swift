import Alerts
import Curl
import Linux
import Model
import OpenSSL
import Postgres
import Store

/// One worker: claims a channel, sends what there is to send to it, gives it back, and looks again. To
/// be run on a thread of its own.
///
/// A notification only makes it look sooner; without any it looks every second.
final class SendingLoop {
  /// How long a worker waits when it knows of nothing, and after trouble, ms.
  private static let idleMs: Int64 = 1_000
  private static let troubleMs: Int64 = 200

  private static let session: SQL = """
    SET synchronous_commit = on; SET statement_timeout = '15s'; SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '30s'; SET jit = off
    """

  private let settings: SendingSettings
  private let worker: OutboxWorker
  private let reconnector: Reconnector
  private let sender: Sender
  private let bell: Doorbell
  private let onNotice: @Sendable (SendingNotice) -> Void

  /// - Parameter bell: rung by whoever has a hint, and to end the loop.
  init(
    _ address: PostgresAddress, _ settings: SendingSettings, worker: OutboxWorker, bell: Doorbell,
    onNotice: @escaping @Sendable (SendingNotice) -> Void
  ) throws(CurlError) {
    self.settings = settings
    self.worker = worker
    reconnector = Reconnector(address, application: "upblit alerts") { connection in
      try connection.execute(Self.session)
    }
    sender = try Sender(settings.sender)
    self.bell = bell
    self.onNotice = onNotice
  }

  /// Runs until `isStopping` answers true; an attempt that has begun is finished and stored.
  func run(until isStopping: () -> Bool) {
    while !isStopping() {
      do {
        while !isStopping(), try work(until: isStopping) {}
        if !isStopping() { bell.wait(milliseconds: Self.idleMs) }
      } catch {
        rest(after: error)
      }
    }
    reconnector.drop()
  }

  /// Looks once; false where nothing waits.
  private func work(until isStopping: () -> Bool) throws -> Bool {
    let look = try Outbox.claim(
      as: .random(), by: worker, pace: settings.pace, sealing: settings.sealing,
      places: settings.places, on: reconnector.current())
    switch look {
    case .nothing: return false
    case .decided: return true
    case .unusable(let channel, let reason):
      onNotice(.unusable(channel, reason))
      return true
    case .claimed(let claim):
      try send(claim, until: isStopping)
      return true
    }
  }

  private func send(_ claim: OutboxClaim, until isStopping: () -> Bool) throws {
    for message in claim.messages where !isStopping() {
      let go = try Outbox.begin(
        message, of: claim, pace: settings.pace, on: reconnector.current())
      switch go {
      case .now: break
      case .later: return try Outbox.release(claim, on: reconnector.current())
      case .lost: return lose(claim)
      }
      let attempt = attempt(message, claim.channel)
      let outcome = outcome(of: attempt, claim.channel)
      guard store(outcome, of: attempt, message, claim) else { return lose(claim) }
      onNotice(.sent(claim.channel.id, kind: claim.kind, message.id, outcome))
      // After a failure the channel may have to rest, which the next claim finds out.
      guard outcome.isDelivered else { break }
    }
    try Outbox.release(claim, on: reconnector.current())
  }

  private func lose(_ claim: OutboxClaim) {
    onNotice(.lost(claim.channel.id))
    // Where it was not another that took it, the channel is free again.
    if let connection = try? reconnector.current() {
      try? Outbox.release(claim, on: connection)
    }
  }

  private func attempt(_ message: ChannelOutbox.Message, _ channel: ChannelRecord) -> Attempt {
    let now = Timestamp.now().milliseconds
    let settings = channel.draft.settings
    let delivery = Delivery(id: message.id, now: now, host: self.settings.sender.host)
    guard let kind = ChannelKinds.named(settings.kind),
      let text = AlertMessage(message.items, link: self.settings.places.listLink, now: now)
    else {
      return Attempt(answer: .none(reason: "there is nothing to say"), mayHaveArrived: false)
    }
    do {
      return sender.send(try kind.request(text, settings, delivery))
    } catch {
      return Attempt(
        answer: .none(reason: "the request can't be made"), mayHaveArrived: false)
    }
  }

  private func outcome(of attempt: Attempt, _ channel: ChannelRecord) -> DeliveryOutcome {
    let settings = channel.draft.settings
    guard let kind = ChannelKinds.named(settings.kind) else {
      return .retry("its kind is not known", afterSeconds: nil)
    }
    return kind.outcome(
      of: attempt.answer, settings: settings, now: Timestamp.now().milliseconds)
  }

  /// Stores an outcome, again after trouble: what was sent should not be sent again for a database that
  /// was away for a moment. Once the lease has ended, another finds out.
  private func store(
    _ outcome: DeliveryOutcome, of attempt: Attempt, _ message: ChannelOutbox.Message,
    _ claim: OutboxClaim
  ) -> Bool {
    let chance = Double.random(in: 0..<1)
    let end = ContinuousClock.now.advanced(by: .seconds(settings.pace.leaseSeconds))
    repeat {
      do {
        return try Outbox.settle(
          message, of: claim, as: outcome, isAnswered: attempt.isAnswered,
          mayHaveArrived: attempt.mayHaveArrived, chance: chance, pace: settings.pace,
          sealing: settings.sealing, on: reconnector.current())
      } catch {
        rest(after: error)
      }
    } while ContinuousClock.now < end
    return false
  }

  private func rest(after error: any Error) {
    reconnector.settle(after: error)
    onNotice(.trouble((error as? PostgresError) ?? PostgresError(.bug, "\(error)")))
    bell.wait(milliseconds: max(Self.troubleMs, Int64(reconnector.waitMs)))
  }
}

extension OutboxClaim {
  var kind: String { channel.draft.settings.kind }
}
