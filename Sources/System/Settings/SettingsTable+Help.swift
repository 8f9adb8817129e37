extension SettingsTable {
  /// The keys as a list of flags for `--help`, each with its meaning, range and default.
  public func help() -> String {
    keys.filter { !$0.isSecret }.map { key in
      let short = key.short.map { "-\($0), " } ?? ""
      let value = key.isSwitch ? "" : " VALUE"
      return "  \(short)\(key.flag)\(value)\n" + paragraph(about: key, prefix: "      ")
    }.joined(separator: "\n")
  }

  /// A settings file with every key, its meaning, range and default, all commented out but those
  /// that must be given.
  public func exampleFile(title: String) -> String {
    var text = "# \(title)\n#\n"
    text += wrapped(
      "One key = value a line. Each key can also be an environment variable, named as in "
        + "\(KeyDescription.environmentPrefix)KEY, or a flag, as in --key; a flag wins over the "
        + "environment, the environment over this file.", prefix: "# ")
    for key in keys where !key.isFlagOnly {
      text += "\n" + paragraph(about: key, prefix: "# ")
      text += "\(key.isRequired ? "" : "#")\(key.name) = \(key.fallbackText ?? "")\n"
    }
    return text
  }

  private func paragraph(about key: KeyDescription, prefix: String) -> String {
    let standing =
      key.isRequired ? " It must be given." : key.fallbackText.map { " Default: \($0)." } ?? ""
    return wrapped("\(key.help) Expected: \(key.expectation).\(standing)", prefix: prefix)
  }

  private func wrapped(_ text: String, prefix: String) -> String {
    var lines = ""
    var line = prefix
    for word in text.split(separator: " ") {
      if line.count + word.count > 92, line != prefix {
        lines += line + "\n"
        line = prefix
      }
      line += (line == prefix ? "" : " ") + word
    }
    return lines + line + "\n"
  }
}
