import JSON
import Store

/// Members that several bodies about accounts have.
enum AccountFields {
  static func email(
    _ reader: inout ObjectReader, _ name: String = "email"
  ) -> EmailAddress? {
    guard let text = required(name, 3...254, &reader) else { return nil }
    guard let email = EmailAddress(text) else {
      reader.note(reader.child(name), "must be an e-mail address")
      return nil
    }
    return email
  }

  static func required(
    _ name: String, _ bytes: ClosedRange<Int>, _ reader: inout ObjectReader
  ) -> String? {
    reader.require(name)
    return reader.string(name, bytes: bytes)
  }

  /// A name of one line that must be there.
  static func line(_ name: String, _ reader: inout ObjectReader) -> String? {
    reader.require(name)
    return optionalLine(name, &reader)
  }

  static func optionalLine(_ name: String, _ reader: inout ObjectReader) -> String? {
    guard let text = reader.string(name, bytes: 1...100) else { return nil }
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      reader.note(reader.child(name), "must not contain control characters")
      return nil
    }
    return text
  }

  static func kind(_ reader: inout ObjectReader) -> LoginSession.Kind {
    reader.word("kind", of: LoginSession.Kind.allCases.map(\.rawValue))
      .flatMap(LoginSession.Kind.init(rawValue:)) ?? .command
  }
}
