import ArgumentParser
import UpblitClient

/// `upblit KIND get`: shows one thing.
struct GetCommand<Item: Commanded>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "get", abstract: "Show one \(Item.word).",
      discussion: """
          upblit \(Item.commandWords) get \(Item.example)
          upblit \(Item.commandWords) get \(Item.example) -o yaml
        """, aliases: ["show"])
  }

  @Argument(help: ArgumentHelp(Item.handle, valueName: Item.valueName))
  var wanted: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Item.finder(client).id(wanted)
      let found = Item(try await client.get("\(Item.path)/\(id)"))
      try Printer(options).item(found, as: Item.listing, details: Item.details)
    }
  }
}
