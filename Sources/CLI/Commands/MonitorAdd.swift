import ArgumentParser
import JSON

/// `upblit monitor add`.
struct MonitorAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Register a monitor.",
    discussion: """
      The target is one of

      """ + TargetWords.forms + """


        or, for all that a check can ask, --spec has the JSON of its check. Secrets, such as
        an Authorization header, go into a file, never on the command line.

          upblit monitor add mail --spec mail.json
          upblit monitor add shop https://shop.example.org/ \\
            --interval 30 --contains 'Add to basket'
          upblit monitor add db db.example.org:5432 --region eu --region us
          upblit monitor add api https://api.example.org/v1 \\
            --headers-file headers.txt --policy 2
          upblit monitor add app https://app.example.org/ --parent gateway
          upblit monitor add pay https://pay.example.org/ \\
            --policy eu=3,us=2 --must-fail eu --severity regional=page

        """ + PolicyWords.help)

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

  func run() throws {
    try reporting { () throws(CLIError) in
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
      body["parent"] = try wishes.parent(client)
      body["policy"] = try policy.json { () throws(CLIError) in
        try client.get(Organization.path)["policy"]
      }
      let monitor = try client.post(Monitor.path, .object(body))
      if options.output == .json { return Console.out(monitor.indentedText + "\n") }
      Console.out(Monitor.show(monitor) + "\nNext: upblit status --watch\n")
    }
  }
}
