import ArgumentParser

/// Where the process begins.
@main enum Program {
  static func main() async {
    if let words = CommandWords.misspelled(Array(CommandLine.arguments.dropFirst())) {
      Console.error("upblit: \(words)")
      Upblit.exit(withError: ExitCode(CLIError.Code.usage.rawValue))
    }
    await Upblit.main()
  }
}
