import ArgumentParser
import JSON
import UpblitClient

/// `upblit maintenance edit`.
struct MaintenanceEdit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Change a maintenance that is not over; what is not named stays.",
    discussion: """
      The beginning of one that has begun stays where it was.

        upblit maintenance edit 1b4e28ba --for 3h
        upblit maintenance edit 1b4e28ba --title 'new disks' --all
      """)

  @Argument(help: "Its title, its id, or the beginning of its id.")
  var maintenance: String

  @Option(help: "A new title.")
  var title: String?

  @OptionGroup var wishes: MaintenanceWishes
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Maintenance.finder(client).id(maintenance)
      var body = try await wishes.fields(client)
      body["title"] = title.map { .string($0) }
      guard !body.members.isEmpty else {
        throw CLIError(.usage, "nothing to change: see `upblit maintenance edit --help`")
      }
      let changed = Maintenance(
        try await client.patch("\(Maintenance.path)/\(id)", .object(body)))
      try Printer(options).item(
        changed, as: Maintenance.listing, details: Maintenance.details)
    }
  }
}
