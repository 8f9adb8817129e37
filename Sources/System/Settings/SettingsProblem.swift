/// One thing that is wrong with the settings, as one line for a person.
public struct SettingsProblem: Equatable, Sendable, CustomStringConvertible {
  /// Where it stands: `FILE:LINE`, `environment`, or `command line`; empty where nothing stands.
  public var place: String
  public var message: String

  public init(place: String, message: String) {
    self.place = place
    self.message = message
  }

  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

/// Everything that is wrong with the settings; never empty.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  public var problems: [SettingsProblem]

  public init(_ problems: [SettingsProblem]) {
    self.problems = problems
  }

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
