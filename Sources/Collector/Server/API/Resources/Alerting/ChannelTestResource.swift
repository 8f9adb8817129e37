import Alerts
import JSON
import Linux
import Model
import Postgres
import Sending
import Store

/// `/api/v1/channels/{id}/test`: whether what is sent to a channel arrives.
enum ChannelTestResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/channels/{id}/test", .scope(.channelsWrite),
      Operation(
        "testChannel", .alerting, "Try a channel",
        "Sends a fake outage and, once that was taken, its end; both say that they are a test. The "
          + "answer tells what the receiver said, after at most 40 seconds. An organization tries "
          + "one channel at a time, \(ChannelTurns.mostAtOnce) at once, then one each ten seconds.",
        answer: .ok(report, "What came of it."), refusals: [.overloaded]), handler: run)
  ]

  private static let step: Schema = Schema.told([
    "outcome": Schema.words(["delivered", "refused", "retry", "changed"]).described(
      "`retry`: it may be taken later; `changed`: the receiver wants other settings."),
    "answer": Schema.text.nullable.described(
      "What the receiver said, or why there is no answer; `null` where it took it, and for all."),
    "took_ms": .count,
  ]).named("ChannelTestStep")

  private static let report: Schema = Schema.told([
    "delivered": Schema.bool.described("Whether both were taken."), "down": step,
    "recovery": Schema.any(of: [step, .null]).described("`null` where it was not sent."),
  ]).named("ChannelTest")

  private static func run(_ request: APIRequest, _ context: APIContext) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let record = try await ChannelResource.record(request, context)
    try context.channelTurns.begin(organization)
    defer { context.channelTurns.end(organization) }
    _ = try await request.write(context) { write in
      try write.record(
        AuditEntry(
          "channel.test", organization: organization, objectID: record.id.description,
          change: ["name": .string(record.draft.name)]))
      return .noContent
    }
    var wanted = context.configuration.sender
    wanted.timeoutMs = min(wanted.timeoutMs, 10_000)
    wanted.replySeconds = min(wanted.replySeconds, 8)
    let configuration = wanted
    let link = context.configuration.publicOrigin.map { "\($0)/channels/\(record.id)" }
    let settings = record.draft.settings
    let now = Timestamp.now().milliseconds
    let result = try await onThread {
      try ChannelTrial.run(settings, configuration, link: link, now: now)
    }
    return .ok([
      "delivered": .bool(isDelivered(result.down) && result.recovery.map(isDelivered) == true),
      "down": json(result.down), "recovery": result.recovery.map(json) ?? .null,
    ])
  }

  /// Runs what blocks on a thread of its own.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "channel-test") {
          continuation.resume(with: Result { try body() })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private static func isDelivered(_ step: ChannelTrial.Step) -> Bool {
    step.outcome.isDelivered
  }

  private static func json(_ step: ChannelTrial.Step) -> JSONValue {
    let (word, answer): (String, String?) =
      switch step.outcome {
      case .delivered: ("delivered", nil)
      case .deliveredInPart(let words): ("delivered", words)
      case .refused(let words, _): ("refused", words)
      case .retry(let words, _): ("retry", words)
      case .changed(let setting, _): ("changed", "its receiver asked for another \(setting)")
      }
    return [
      "outcome": .string(word), "answer": .optional(answer), "took_ms": .integer(step.tookMs),
    ]
  }
}
