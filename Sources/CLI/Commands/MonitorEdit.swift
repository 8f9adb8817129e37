import ArgumentParser
import JSON

/// `upblit monitor edit`.
struct MonitorEdit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a monitor; what is not named stays.",
    discussion: """
        upblit monitor edit shop --interval 15
        upblit monitor edit shop --target https://www.example.org/ --rename www
        upblit monitor edit shop --pause
        upblit monitor edit shop --region all
        upblit monitor edit shop --parent none
        upblit monitor edit shop --policy 60% --ignore lab
        upblit monitor edit shop --severity regional=page
        upblit monitor edit shop --policy inherited

      """ + PolicyWords.help)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "A new name.")
  var rename: String?

  @Option(help: "A new target, as for `add`.")
  var target: String?

  @Flag(help: "Stop probing it.")
  var pause = false

  @Flag(help: "Probe it again.")
  var resume = false

  @OptionGroup(title: "What is asked") var wishes: MonitorWishes
  @OptionGroup(title: "Who must agree") var policy: PolicyWishes
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if pause && resume { throw ValidationError("--pause and --resume exclude each other.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let path = "\(Monitor.path)/\(try Monitor.finder(client).id(monitor))"
      var body = try wishes.fields()
      body["parent"] = try wishes.parent(client)
      if let rename { body["name"] = .string(rename) }
      if pause { body["paused"] = true }
      if resume { body["paused"] = false }
      let found = try client.get(path)
      body["policy"] = try policy.json { () throws(CLIError) in found["effective_policy"] }
      guard case .object(let stored)? = found["check"] else {
        throw CLIError(.failure, "the collector's answer has no check: are both of one release?")
      }
      var check = stored
      if let target { try retarget(&check, target) }
      try wishes.apply(to: &check)
      if check != stored { body["check"] = .object(check) }
      guard !body.members.isEmpty else {
        throw CLIError(.usage, "nothing to change: see `upblit monitor edit --help`")
      }
      let changed = try client.patch(path, .object(body))
      Console.out(options.output == .json ? changed.indentedText + "\n" : Monitor.show(changed))
    }
  }

  /// Points the check elsewhere; of another kind it begins anew.
  private func retarget(_ check: inout JSONObject, _ target: String) throws(CLIError) {
    let wanted = try TargetWords.check(target)
    if wanted["kind"] != check["kind"] {
      check = wanted
    } else {
      for member in wanted.members { check[member.name] = member.value }
    }
  }
}
