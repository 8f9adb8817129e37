import ArgumentParser
import UpblitClient

/// `upblit KIND delete`, `revoke` or `end`: takes one thing away, and asks first on a terminal.
struct RemoveCommand<Item: Removable>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    let removal = Item.removal
    let line = "upblit \(Item.commandWords) \(removal.commandName) \(Item.example)"
    return CommandConfiguration(
      commandName: removal.commandName, abstract: removal.abstract,
      discussion: """
        \(removal.discussion.isEmpty ? "" : removal.discussion + " ")On a terminal it asks first.

          \(line)
          \(line) --yes
        """, aliases: removal.aliases)
  }

  @Argument(help: ArgumentHelp(Item.handle, valueName: Item.valueName))
  var wanted: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Item.finder(client).id(wanted)
      let removal = Item.removal
      try options.confirm(
        "\(removal.question) \(DisplayText.escaped(wanted))\(removal.questionEnd)?")
      try await client.delete("\(Item.path)/\(id)")
      Printer(options).done(removal.done, id)
    }
  }
}
