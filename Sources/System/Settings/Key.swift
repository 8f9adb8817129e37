/// One setting: its name, what it means, which values it takes, and what holds without it.
///
/// The name is words in lower case joined by `_`. From it follow the name in the environment
/// (`UPBLIT_` and the words in upper case) and the flag (`--` and the words joined by `-`); a file
/// may use the name or the environment's name.
public struct Key<Value: Sendable>: Sendable {
  /// What is known of the key apart from its type.
  public var description: KeyDescription
  /// The value where no source gives one.
  public let fallback: Value

  /// - Parameters:
  ///   - expectation: completes "expected ..." in messages and names the allowed range.
  ///   - fallbackText: the default as a person would write it; `nil` where there is none to show.
  ///   - parse: the value of a text, or `nil` where the text does not fit the expectation.
  public init(
    _ name: String, help: String, expectation: String, fallback: Value, fallbackText: String?,
    parse: @escaping @Sendable (String) -> Value?
  ) {
    self.fallback = fallback
    self.description = KeyDescription(
      name: name, help: help, expectation: expectation, fallbackText: fallbackText,
      check: { text in parse(text).map { $0 as any Sendable } })
  }

  /// The same key, which must be given.
  public func required() -> Self { with { $0.isRequired = true } }

  /// The same key, whose value is never printed and can't be a flag, since arguments are readable
  /// by every user of the machine.
  public func secret() -> Self { with { $0.isSecret = true } }

  /// The same key, which only a flag can give; it concerns one run, not the installation.
  public func flagOnly(short: Character? = nil) -> Self {
    with {
      $0.isFlagOnly = true
      $0.short = short
    }
  }

  func with(_ change: (inout KeyDescription) -> Void) -> Self {
    var copy = self
    change(&copy.description)
    return copy
  }
}

/// A key without its type: what tables, messages and help need.
public struct KeyDescription: Sendable {
  /// Lower-case words joined by `_`.
  public let name: String
  /// One or two sentences for a person.
  public let help: String
  /// Which values are allowed; completes "expected ...".
  public let expectation: String
  /// The default as a person would write it.
  public let fallbackText: String?
  public internal(set) var isSecret = false
  public internal(set) var isRequired = false
  public internal(set) var isFlagOnly = false
  /// The flag's one-letter form, if it has one.
  public internal(set) var short: Character?
  /// Whether the flag stands alone, meaning `true`; a value then needs `=`.
  public internal(set) var isSwitch = false
  let check: @Sendable (String) -> (any Sendable)?

  /// The name in the environment.
  public var environmentName: String { Self.environmentPrefix + name.uppercased() }

  /// The flag, with its two hyphens.
  public var flag: String { "--" + String(name.map { $0 == "_" ? "-" : $0 }) }

  static let environmentPrefix = "UPBLIT_"
}
