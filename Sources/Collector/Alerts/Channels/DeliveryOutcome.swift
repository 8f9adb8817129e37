public import JSON

/// What became of one attempt.
public enum DeliveryOutcome: Hashable, Sendable {
  case delivered
  /// It was taken, but not for all whom it is for: the words say why.
  case deliveredInPart(String)
  /// It will never be taken. The words say why; `disables` that the whole channel is wanted no more.
  case refused(String, disables: Bool)
  /// It may be taken later, not before so many seconds if the provider named a time.
  case retry(String, afterSeconds: Int?)
  /// It is to be sent again soon, and from now on, with this setting changed.
  case changed(setting: String, to: JSONValue)

  /// The longest that a provider's words are kept, in characters.
  static let longestWords = 300

  /// Of a mail server's reply (RFC 5321 section 4.2.1): 2 is success, 4 for now, 5 for ever. The text is
  /// what it last objected to, which need not keep it from taking a mail for others.
  init(mail code: Int, text: String) {
    let words = "code \(code): \(Self.words(text))"
    switch code {
    case 200..<300: self = text.isEmpty ? .delivered : .deliveredInPart(Self.words(text))
    case 500..<600: self = .refused(words, disables: false)
    default: self = .retry(words, afterSeconds: nil)
    }
  }

  public var isDelivered: Bool {
    switch self {
    case .delivered, .deliveredInPart: true
    case .refused, .retry, .changed: false
    }
  }

  /// A provider's text on one line, bounded.
  static func words(_ text: String) -> String {
    SafeText.line(text, limit: longestWords)
  }

  /// This without the `secrets` that a provider may have quoted.
  func masking(_ secrets: QuotedSecrets) -> DeliveryOutcome {
    switch self {
    case .delivered, .changed: self
    case .deliveredInPart(let words): .deliveredInPart(secrets.mask(words))
    case .refused(let words, let disables): .refused(secrets.mask(words), disables: disables)
    case .retry(let words, let seconds): .retry(secrets.mask(words), afterSeconds: seconds)
    }
  }
}
