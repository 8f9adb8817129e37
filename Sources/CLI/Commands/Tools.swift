import ArgumentParser
import JSON
import UpblitClient

/// `upblit completion`.
struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a shell's completion script.",
    discussion: """
        upblit completion bash > /etc/bash_completion.d/upblit
        upblit completion zsh > ~/.zfunc/_upblit
        upblit completion fish > ~/.config/fish/completions/upblit.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    let script = Upblit.completionScript(for: kind)
    Console.out(script.hasSuffix("\n") ? script : script + "\n")
  }
}

/// `upblit version`.
struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of this command.",
    discussion: """
        upblit version
        upblit version -o json
      """)

  @OptionGroup var printing: OutputOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      Console.configure(noColor: printing.noColor, isQuiet: printing.quiet)
      try Printer(printing).report(["version": .string(APIClient.version)]) {
        "upblit \(APIClient.version)\n"
      }
    }
  }
}
