public import Alerts
public import Curl
import Model

/// Tries a channel: a fake outage and its end, sent as any message is.
public enum ChannelTrial {
  /// One of the two messages, and what came of it.
  public struct Step: Sendable {
    public var outcome: DeliveryOutcome
    public var tookMs: Int64
  }

  /// Blocks until both are sent, or the first was not taken; then the end is not sent.
  ///
  /// - Parameters:
  ///   - link: where the channel is to be seen.
  ///   - now: milliseconds since 1970.
  public static func run(
    _ settings: ChannelSettings, _ configuration: Sender.Configuration, link: String?, now: Int64
  ) throws(CurlError) -> (down: Step, recovery: Step?) {
    let sender = try Sender(configuration)
    let pair = TestMessages.pair(id: .random(), link: link, now: now)
    var settings = settings
    let down = step(pair.down, &settings, sender, configuration.host, now)
    guard down.outcome.isDelivered else { return (down, nil) }
    return (down, step(pair.recovery, &settings, sender, configuration.host, now))
  }

  private static func step(
    _ message: AlertMessage, _ settings: inout ChannelSettings, _ sender: Sender, _ host: String,
    _ now: Int64
  ) -> Step {
    let delivery = Delivery(id: .random(), now: now, host: host)
    let start = ContinuousClock.now
    var outcome = send(message, settings, delivery, sender)
    if case .changed(let setting, let value) = outcome {
      settings = settings.changing(setting, to: value)
      outcome = send(message, settings, delivery, sender)
    }
    let took = start.duration(to: .now)
    return Step(
      outcome: outcome,
      tookMs: took.components.seconds * 1000
        + took.components.attoseconds / 1_000_000_000_000_000)
  }

  private static func send(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery, _ sender: Sender
  ) -> DeliveryOutcome {
    guard let kind = ChannelKinds.named(settings.kind) else {
      return .retry("its kind is not known", afterSeconds: nil)
    }
    do {
      let attempt = sender.send(try kind.request(message, settings, delivery))
      return kind.outcome(of: attempt.answer, settings: settings, now: delivery.now)
    } catch {
      return .retry("the request can't be made", afterSeconds: nil)
    }
  }
}
