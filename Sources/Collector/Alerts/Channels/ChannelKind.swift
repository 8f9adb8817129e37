public import JSON
public import OpenSSL

/// A way to reach people or programs: what it must be told, how a message looks there, and how its
/// answers are read.
///
/// It sends nothing. Whoever does asks it for a request, puts the answer before it, and does what the
/// outcome says.
public protocol ChannelKind: Sendable {
  /// How the API, the command line and configurations name it.
  var name: String { get }
  /// How it is known to people.
  var title: String { get }
  /// One sentence for people.
  var summary: String { get }
  /// What it must or may be told, in the order in which people are asked.
  var settings: [ChannelSetting] { get }
  var limits: ChannelLimits { get }

  /// Notes what is wrong with settings beyond what each declares; `reader` stands at their object.
  func judge(_ settings: ChannelSettings, in reader: inout ObjectReader)

  /// What is to be sent: the same message, settings and delivery give the same bytes, except for what
  /// tells the moment. Where a kind does not join, a message's lead alone is said.
  func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest

  /// What an answer means. Words in the outcome come from the provider, and may still quote a secret:
  /// `outcome(of:settings:now:)` is for callers.
  func meaning(of answer: HTTPAnswer, now: Int64) -> DeliveryOutcome
}

extension ChannelKind {
  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {}

  public func meaning(of answer: HTTPAnswer, now: Int64) -> DeliveryOutcome {
    answer.usualOutcome(now: now)
  }

  /// What `answer` means for the delivery. No secret of `settings` is in its words.
  public func outcome(
    of answer: ProviderAnswer, settings: ChannelSettings, now: Int64
  ) -> DeliveryOutcome {
    let outcome =
      switch answer {
      case .http(let answer): meaning(of: answer, now: now)
      case .mail(let code, let text): DeliveryOutcome(mail: code, text: text)
      case .none(let reason):
        DeliveryOutcome.retry(DeliveryOutcome.words(reason), afterSeconds: nil)
      }
    return outcome.masking(QuotedSecrets(settings))
  }

  /// Reads settings from their JSON object, an unknown or wrong one being an error that names it by
  /// its JSON Pointer and never says its value if it is secret.
  ///
  /// - Parameters:
  ///   - old: what a change begins from: a secret that is left out stays as it is there, `null` takes
  ///     it away. All other settings are as the object has them.
  ///   - pointer: where the object stands in its document.
  public func read(
    _ object: JSONValue, keeping old: ChannelSettings? = nil, at pointer: String = ""
  ) throws(FieldErrors) -> ChannelSettings {
    var reader = ObjectReader(object, at: pointer)
    guard reader.errors.errors.isEmpty else { throw reader.errors }
    var values: [String: JSONValue] = [:]
    for setting in settings {
      if setting.isSecret, let kept = old?[setting.name], !reader.has(setting.name) {
        values[setting.name] = kept
        continue
      }
      if setting.isRequired { reader.require(setting.name) }
      values[setting.name] = setting.read(from: &reader) ?? setting.standard
    }
    let read = ChannelSettings(self, values)
    // What is beyond single values makes sense only where those are right.
    if reader.errors.errors.isEmpty { judge(read, in: &reader) }
    try reader.finish()
    return read
  }
}

/// One message on its way to one channel.
public struct Delivery: Hashable, Sendable {
  /// The same for every attempt.
  public var id: DeliveryID
  /// The moment of this attempt, milliseconds since 1970.
  public var now: Int64
  /// The host name under which people know the collector: the right side of mails' identifiers.
  public private(set) var host: String

  /// - Parameter host: anything that is no host name is replaced by one that nobody has.
  public init(id: DeliveryID, now: Int64, host: String) {
    self.id = id
    self.now = now
    self.host = URLRule.hostProblem(host) == nil ? host : "upblit.invalid"
  }
}
