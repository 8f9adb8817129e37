import ArgumentParser
import JSON
import UpblitClient

/// `upblit organization`.
struct OrganizationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "organization",
    abstract:
      "Choose among your organizations, make one, and set the policy that monitors inherit.",
    discussion: """
        upblit organization list
        upblit organization use acme
        upblit organization get
        upblit organization policy
        upblit organization policy --policy 60% --severity regional=page
        upblit organization create search
        upblit organization quota search --monitors 100
      """,
    subcommands: [
      OrganizationList.self, OrganizationUse.self, OrganizationGet.self, OrganizationPolicy.self,
      OrganizationCreate.self, OrganizationRename.self, OrganizationQuotaCommand.self,
    ])

  static let path = "/api/v1/organization"

  static func show(_ organization: JSONValue) -> String {
    var rows = Details()
    rows.add("name", organization["name"]?.stringValue)
    rows.add("id", organization["id"]?.stringValue)
    rows.add("policy", PolicyWords.text(organization["policy"]))
    rows.add("inherited by", organization["inheriting"]?.integerValue.map(Self.monitors))
    rows.add("created", Moment.display(organization["created_at"]?.stringValue))
    return rows.text
  }

  private static func monitors(_ count: Int64) -> String {
    "\(count) monitor\(count == 1 ? "" : "s")"
  }
}

/// `upblit organization get`.
struct OrganizationGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show your organization.",
    discussion: """
        upblit organization get
      """, aliases: ["show"])

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let found = try await options.client().get(OrganizationCommand.path)
      try Printer(options).report(found) { OrganizationCommand.show(found) }
    }
  }
}

/// `upblit organization policy`.
struct OrganizationPolicy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Show or change the policy of all monitors without one of their own.",
    discussion: PolicyWords.help + "\n\n" + """
        upblit organization policy
        upblit organization policy --policy 60%
        upblit organization policy --policy eu=3,us=2 --must-fail eu --ignore lab
        upblit organization policy --severity regional=page --severity partial=notify
      """)

  @OptionGroup(title: "What it should be") var wishes: PolicyWishes
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if wishes.policy == "inherited" {
      throw ValidationError("An organization's policy is inherited from nobody.")
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var found = try await client.get(OrganizationCommand.path)
      let standing = found["policy"]
      if let policy = try await wishes.json({ () async throws(CLIError) in standing }) {
        found = try await client.patch(OrganizationCommand.path, ["policy": policy])
      }
      try Printer(options).report(found) { OrganizationCommand.show(found) }
    }
  }
}
