import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor create`.
struct MonitorCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Register a monitor.",
    discussion: """
      The target is one of

      """ + TargetWords.forms + """


        or, for all that a check can ask, --spec has the JSON of its check. Secrets, such as
        an Authorization header, go into a file, never on the command line.

          upblit monitor create mail --spec mail.json
          upblit monitor create shop https://shop.example.org/ \\
            --interval 30 --contains 'Add to basket'
          upblit monitor create db db.example.org:5432 --region eu --region us
          upblit monitor create api https://api.example.org/v1 \\
            --headers-file headers.txt --policy 2
          upblit monitor create app https://app.example.org/ --parent gateway
          upblit monitor create pay https://pay.example.org/ \\
            --policy eu=3,us=2 --must-fail eu --severity regional=page


        """ + "\n" + PolicyWords.help, aliases: ["add"])

  @Argument(help: "What the monitor is called.")
  var name: String

  @Argument(help: "What is asked, in one of the forms above.")
  var target: String?

  @Option(help: ArgumentHelp("A file with the check as JSON, or -.", valueName: "file|-"))
  var spec: String?

  @Flag(help: "Do not probe it yet.")
  var paused = false

  @OptionGroup(title: "What is asked") var wishes: MonitorWishes
  @OptionGroup(title: "Who must agree") var policy: PolicyWishes
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (target == nil) != (spec == nil) else {
      throw ValidationError("Give either a target or --spec FILE.")
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var body = JSONObject()
      body["name"] = .string(name)
      var check =
        if let target { try TargetWords.check(target) } else {
          try CheckSpecs.document(spec ?? "-")
        }
      try wishes.apply(to: &check)
      body["check"] = .object(check)
      for member in try wishes.fields().members { body[member.name] = member.value }
      if paused { body["paused"] = true }
      let client = try options.client()
      body["parent"] = try await wishes.parent(client)
      body["policy"] = try await policy.json { () async throws(CLIError) in
        try await client.get(OrganizationCommand.path)["policy"]
      }
      let monitor = Monitor(try await client.post(Monitor.path, .object(body)))
      try Printer(options).item(
        monitor, as: Monitor.listing, details: Monitor.details)
      if options.output.isForPeople {
        Console.note(
          "\nIts first results, in a moment: upblit monitor results \(monitor.id.prefix(8))")
      }
    }
  }
}
