/// The words of a command line, sorted into flags and the rest.
public struct Arguments: Sendable {
  /// The values of flags by their keys' names.
  public private(set) var flags: [String: String] = [:]
  /// The words that are no flags, in order.
  public private(set) var words: [String] = []
  /// Whether `--help` or `-h` was among them.
  public private(set) var wantsHelp = false
  /// Whether `--version` was among them.
  public private(set) var wantsVersion = false
  /// What is wrong; also told by `SettingsTable.resolve`.
  public private(set) var problems: [SettingsProblem] = []

  /// Takes `--key VALUE`, `--key=VALUE`, `-k VALUE`, and `--key` alone where the key is a switch;
  /// after `--` every word is a plain one.
  public init(_ arguments: [String], for table: SettingsTable) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      } else if argument == "--help" || argument == "-h" {
        wantsHelp = true
      } else if argument == "--version" {
        wantsVersion = true
      } else if argument.hasPrefix("-"), argument != "-" {
        take(argument, &rest, table)
      } else {
        words.append(argument)
      }
    }
  }

  private mutating func take(
    _ argument: String, _ rest: inout ArraySlice<String>, _ table: SettingsTable
  ) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let flag = String(parts[0])
    guard
      let key = table.keys.first(where: { $0.flag == flag || $0.short.map { "-\($0)" } == flag })
    else {
      let nearest = NearestName.of(flag, among: table.keys.filter { !$0.isSecret }.map(\.flag))
      fail("\(flag) is unknown" + (nearest.map { "; did you mean \($0)?" } ?? ""))
      return
    }
    var value = parts.count == 2 ? String(parts[1]) : nil
    if value == nil, key.isSwitch { value = "true" }
    if value == nil { value = rest.popFirst() }
    guard !key.isSecret else {
      return fail(
        "\(flag) can't be a flag, since every user can read arguments: "
          + "set \(key.name) in the settings file or as \(key.environmentName)")
    }
    guard let value else { return fail("\(flag) needs a value: \(key.expectation)") }
    guard flags[key.name] == nil else { return fail("\(flag) is given twice") }
    flags[key.name] = value
  }

  private mutating func fail(_ message: String) {
    problems.append(SettingsProblem(place: "command line", message: message))
  }
}
