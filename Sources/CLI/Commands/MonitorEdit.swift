import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor edit`.
struct MonitorEdit: AsyncParsableCommand {
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

  @Option(help: "A new target, as for `create`.")
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

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let path = "\(Monitor.path)/\(try await Monitor.finder(client).id(monitor))"
      var body = try wishes.fields()
      body["parent"] = try await wishes.parent(client)
      if let rename { body["name"] = .string(rename) }
      if pause { body["paused"] = true }
      if resume { body["paused"] = false }
      let answer = try await client.send(APIRequest("GET", path))
      let found = answer.json
      body["policy"] = try await policy.json { () async throws(CLIError) in
        found["effective_policy"]
      }
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
      // Parts were filled in from what was read: a change that came between is not overwritten.
      let changed = Monitor(try await client.patch(path, .object(body), ifMatch: answer.etag))
      try Printer(options).item(
        changed, as: Monitor.listing, details: Monitor.details)
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
