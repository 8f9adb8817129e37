public import JSON

/// Declares one setting of a kind of channel; forms, documents and command lines are made from it.
public struct ChannelSetting: Hashable, Sendable {
  /// What a value may be.
  public enum Form: Hashable, Sendable {
    /// Text without control characters, its UTF-8 within a length.
    case text(ClosedRange<Int>)
    /// Visible ASCII without spaces, as keys and names in headers are.
    case token(ClosedRange<Int>)
    /// An absolute URL of one of these schemes, without a user, password or fragment.
    case url([String])
    /// A host name or an IP address.
    case host
    /// A mail address (RFC 5321 section 4.1.2, unquoted, ASCII).
    case address
    case integer(ClosedRange<Int64>)
    /// One of these words.
    case word([String])
    case flag
    /// At most so many values of a form.
    indirect case list(Form, most: Int)
  }

  public var name: String
  public var form: Form
  public var isRequired: Bool
  /// Whether it is sealed at rest and never told again.
  public var isSecret: Bool
  /// What is taken where it is left out.
  public var standard: JSONValue?
  public var example: JSONValue
  /// One sentence for people.
  public var help: String

  init(
    _ name: String, _ form: Form, required: Bool = false, secret: Bool = false,
    standard: JSONValue? = nil, example: JSONValue, _ help: String
  ) {
    self.name = name
    self.form = form
    isRequired = required
    isSecret = secret
    self.standard = standard
    self.example = example
    self.help = help
  }

  /// The value in `reader`'s object, if it is there and right.
  func read(from reader: inout ObjectReader) -> JSONValue? {
    switch form {
    case .integer(let range):
      return reader.integer(name, in: range).map { .integer($0) }
    case .word(let words): return reader.word(name, of: words).map { .string($0) }
    case .flag: return reader.bool(name).map { .bool($0) }
    case .list(let form, let most):
      guard let texts = reader.strings(name, count: most, bytes: form.bytes) else { return nil }
      for (index, text) in texts.enumerated() {
        guard let problem = form.problem(text) else { continue }
        reader.note(JSONPointer.child(String(index), of: reader.child(name)), problem)
      }
      if texts.isEmpty, isRequired { reader.note(reader.child(name), "must not be empty") }
      return .strings(texts)
    default:
      guard let text = reader.string(name, bytes: form.bytes) else { return nil }
      if let problem = form.problem(text) {
        reader.note(reader.child(name), problem)
        return nil
      }
      return .string(text)
    }
  }
}

extension ChannelSetting.Form {
  /// How long the UTF-8 of a text may be.
  public var bytes: ClosedRange<Int> {
    switch self {
    case .text(let range), .token(let range): range
    case .url: 1...2048
    case .host: 1...253
    case .address: 3...254
    case .list(let form, _): form.bytes
    case .integer, .word, .flag: 0...64
    }
  }

  /// What is wrong with a text, without saying it, or `nil`.
  func problem(_ text: String) -> String? {
    switch self {
    case .text:
      let acts = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
      return acts ? "must not contain line breaks or control characters" : nil
    case .token:
      return text.utf8.allSatisfy { 0x21..<0x7f ~= $0 }
        ? nil : "must be ASCII without spaces and control characters"
    case .url(let schemes): return URLRule.problem(text, schemes: schemes)
    case .host: return URLRule.hostProblem(text)
    case .address: return MailAddress.problem(text)
    case .integer, .word, .flag, .list: return nil
    }
  }
}
