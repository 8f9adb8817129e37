/// All keys of one command, and the one place that turns sources into values.
public struct SettingsTable: Sendable {
  public let keys: [KeyDescription]

  public init(_ keys: [KeyDescription]) {
    self.keys = keys
  }

  /// The text of one settings file and the name to give it in messages.
  public struct File: Sendable {
    public var name: String
    public var text: String

    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  /// Reads every source and checks every value. A flag wins over the environment, the environment
  /// over the file, the file over the default.
  ///
  /// - Parameters:
  ///   - environment: all variables of the process; those without the prefix don't matter.
  ///   - arguments: what follows the command's name.
  /// - Throws: everything that is wrong, in the order of sources.
  public func resolve(
    file: File?, environment: [String: String], arguments: Arguments
  ) throws(SettingsError) -> SettingsValues {
    var problems = arguments.problems
    var values = SettingsValues()
    if let file { read(file, into: &values, &problems) }
    read(environment, into: &values, &problems)
    for (name, value) in arguments.flags {
      guard let key = keys.first(where: { $0.name == name }) else { continue }
      take(value, of: key, called: key.flag, at: "command line", into: &values, &problems)
    }
    let given = Set(values.given.keys)
    for key in keys where key.isRequired && !given.contains(key.name) && !values.misfit(key.name) {
      let places =
        key.isFlagOnly
        ? "give \(key.flag)"
        : key.isSecret
          ? "set it in the settings file or as \(key.environmentName)"
          : "set it in the settings file, as \(key.environmentName) or with \(key.flag)"
      problems.append(
        SettingsProblem(
          place: "", message: "\(key.name) is missing: \(places); expected \(key.expectation)"))
    }
    guard problems.isEmpty else { throw SettingsError(problems) }
    return values
  }

  private func read(
    _ file: File, into values: inout SettingsValues, _ problems: inout [SettingsProblem]
  ) {
    let (entries, mistakes) = SettingsFile.parse(file.text)
    var lines: [String: Int] = [:]
    var found = mistakes.map { (line: $0.line, message: $0.reason) }
    for entry in entries {
      let match = keys.first {
        !$0.isFlagOnly && ($0.name == entry.key || $0.environmentName == entry.key)
      }
      guard let key = match else {
        found.append((entry.line, unknown(entry.key)))
        continue
      }
      if let first = lines[key.name] {
        found.append((entry.line, "\(entry.key) is given twice, first in line \(first)"))
        continue
      }
      lines[key.name] = entry.line
      var misfits: [SettingsProblem] = []
      take(
        entry.value, of: key, called: entry.key, at: "\(file.name):\(entry.line)", into: &values,
        &misfits)
      found += misfits.map { (entry.line, $0.message) }
    }
    problems += found.sorted { $0.line < $1.line }
      .map { SettingsProblem(place: "\(file.name):\($0.line)", message: $0.message) }
  }

  private func read(
    _ environment: [String: String], into values: inout SettingsValues,
    _ problems: inout [SettingsProblem]
  ) {
    for key in keys where !key.isFlagOnly {
      guard let value = environment[key.environmentName] else { continue }
      take(value, of: key, called: key.environmentName, at: "environment", into: &values, &problems)
    }
    // Other programs of the family have names of their own there, so only a likely slip is told.
    let names = keys.filter { !$0.isFlagOnly }.map(\.environmentName)
    for name in environment.keys.sorted()
    where name.hasPrefix(KeyDescription.environmentPrefix) && !names.contains(name) {
      guard let nearest = NearestName.of(name, among: names) else { continue }
      problems.append(
        SettingsProblem(
          place: "environment", message: "\(name) is unknown; did you mean \(nearest)?"))
    }
  }

  private func take(
    _ text: String, of key: KeyDescription, called name: String, at place: String,
    into values: inout SettingsValues, _ problems: inout [SettingsProblem]
  ) {
    guard let value = key.check(text) else {
      let shown = key.isSecret ? "(not shown)" : "\"\(text.prefix(80))\""
      values.misfits.insert(key.name)
      problems.append(
        SettingsProblem(place: place, message: "\(name) = \(shown): expected \(key.expectation)"))
      return
    }
    values.given[key.name] = value
    values.sources[key.name] = place
  }

  func unknown(_ name: String) -> String {
    let nearest = NearestName.of(
      name.lowercased(), among: keys.filter { !$0.isFlagOnly }.map(\.name))
    return "\(name) is unknown" + (nearest.map { "; did you mean \($0)?" } ?? "")
  }
}

/// The values that hold, each checked.
public struct SettingsValues: Sendable {
  var given: [String: any Sendable] = [:]
  var sources: [String: String] = [:]
  var misfits: Set<String> = []

  /// The value of `key`: from the strongest source that gives it, else its default.
  public subscript<Value>(key: Key<Value>) -> Value {
    given[key.description.name] as? Value ?? key.fallback
  }

  /// Where the value of `key` came from: `FILE:LINE`, `environment` or `command line`; `nil` for
  /// its default.
  public func source<Value>(of key: Key<Value>) -> String? {
    sources[key.description.name]
  }

  func misfit(_ name: String) -> Bool { misfits.contains(name) }
}
