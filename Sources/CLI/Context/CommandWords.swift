import ArgumentParser

/// Looks at the commands' names before they are parsed, to say what was meant by an unknown one.
enum CommandWords {
  /// What to tell of the first word that names no command; `nil` where all do.
  static func misspelled(_ arguments: [String]) -> String? {
    var command = Upblit.configuration
    var path = "upblit"
    for word in arguments {
      let known = command.subcommands.map { configuration(of: $0) }
      if known.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
      if let next = known.first(where: { names(of: $0).contains(word) }) {
        command = next
        path += " " + (next.commandName ?? word)
        continue
      }
      let shown = DisplayText.escaped(word)
      if let guess = Suggestion.closest(to: word, among: known.flatMap { names(of: $0) }) {
        return "there is no command `\(path) \(shown)`: did you mean `\(path) \(guess)`?"
      }
      let all = known.compactMap { $0.commandName }.joined(separator: ", ")
      return "there is no command `\(path) \(shown)`; there are: \(all)"
    }
    return nil
  }

  private static func configuration(
    of command: any ParsableCommand.Type
  ) -> CommandConfiguration { command.configuration }

  private static func names(of command: CommandConfiguration) -> [String] {
    (command.commandName.map { [$0] } ?? []) + command.aliases
  }
}
