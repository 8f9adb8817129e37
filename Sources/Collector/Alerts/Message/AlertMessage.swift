public import Quorum

/// What one delivery says: of one matter, or of many that are listed.
///
/// Everything in it is text without any markup. A channel's kind puts it into its own form, and
/// escapes it for the place where it stands.
public struct AlertMessage: Hashable, Sendable {
  /// The one matter, or the first of several.
  public private(set) var lead: AlertItem
  /// The others that are listed, in the order in which they were decided.
  public private(set) var rest: [AlertItem] = []
  /// How many more there are that are not listed.
  public private(set) var more = 0
  /// What all of them, listed or not, have in common.
  private var common = Common()
  /// Where more is to be read.
  public private(set) var link: String?
  /// Whether nothing has happened and somebody tries a channel.
  public private(set) var isTest = false
  /// The moment at which it is said, milliseconds since 1970.
  public var now: Int64

  /// The most matters that one message lists.
  public static let mostListed = 20

  private struct Common: Hashable, Sendable {
    var verdict: Verdict?
    var cause: String?
    var domain: String?
  }

  /// Of one matter.
  public init(_ item: AlertItem, now: Int64) {
    lead = item
    self.now = now
    link = item.notice.link
  }

  /// Of many matters of one occasion: `nil` for none, and for one what `init(_:now:)` gives.
  ///
  /// - Parameter link: where all of them are to be read.
  public init?(_ items: [AlertItem], link: String? = nil, now: Int64) {
    guard let first = items.first else { return nil }
    self.init(first, now: now)
    guard items.count > 1 else { return }
    if let link, URLRule.problem(link, schemes: ["https", "http"]) == nil {
      self.link = link
    } else {
      self.link = nil
    }
    rest = Array(items.dropFirst().prefix(Self.mostListed - 1))
    more = items.count - 1 - rest.count
    common = Common(
      verdict: Self.shared(items) { $0.notice.verdict },
      cause: Self.shared(items) { $0.notice.cause },
      domain: Self.shared(items) { $0.notice.domain })
  }

  /// The same, said to be a test.
  func asTest() -> AlertMessage {
    var message = self
    message.isTest = true
    return message
  }

  /// The name of the matter; of several, of the first.
  public var key: IncidentKey { lead.notice.key }

  /// All that are listed.
  public var items: [AlertItem] { [lead] + rest }

  /// How many matters it is about.
  public var count: Int { 1 + rest.count + more }

  /// Whether it lists several.
  public var isDigest: Bool { !rest.isEmpty }

  /// How bad the worst of it is; `info` where all is over.
  public var severity: AlertSeverity {
    if lead.event.isOver { return .info }
    let all = items.map(\.severity)
    return [.critical, .error, .warning].first(where: all.contains) ?? .info
  }

  /// The most urgent of it.
  public var urgency: Urgency { items.map(\.notice.urgency).max() ?? .none }

  /// One line that says what is the matter.
  public var title: String {
    let words = isDigest ? digestTitle : AlertSentence.title(lead)
    return isTest ? "[test] \(words)" : words
  }

  private var digestTitle: String {
    let words: String
    if lead.event.isOver {
      words = "\(count) monitors have recovered"
    } else if case .reminder = lead.event {
      words = "still: \(count) monitors \(Self.plural(common.verdict))"
    } else {
      words = "\(count) monitors \(Self.plural(common.verdict))"
    }
    if let domain = common.domain {
      return "\(words), seen from provider \(SafeText.isolated(domain))"
    }
    guard !lead.event.isOver, let cause = common.cause else { return words }
    return "\(words): \(SafeText.isolated(TextLimit(100, .characters).clip(cause)))"
  }

  private static func plural(_ verdict: Verdict?) -> String {
    switch verdict {
    case .down: "are down"
    case .partial: "are down in parts"
    case .regional: "are down in some regions"
    case .unknown: "can't be judged"
    case .degraded: "are slow"
    case .up, nil: "need a look"
    }
  }

  private static func shared<Value: Equatable>(
    _ items: [AlertItem], _ value: (AlertItem) -> Value?
  ) -> Value? {
    guard let first = items.first.flatMap(value) else { return nil }
    return items.allSatisfy { value($0) == first } ? first : nil
  }
}
