import ArgumentParser
import JSON

/// `upblit organization`.
struct Organization: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show your organization, and set the policy that its monitors inherit.",
    discussion: """
        upblit organization show
        upblit organization policy
        upblit organization policy --policy 60% --severity regional=page
      """,
    subcommands: [OrganizationShow.self, OrganizationPolicy.self])

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

/// `upblit organization show`.
struct OrganizationShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show your organization.",
    discussion: """
        upblit organization show
      """)

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let found = try options.client().get(Organization.path)
      Console.out(options.output == .json ? found.indentedText + "\n" : Organization.show(found))
    }
  }
}

/// `upblit organization policy`.
struct OrganizationPolicy: ParsableCommand {
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

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      var found = try client.get(Organization.path)
      let standing = found["policy"]
      if let policy = try wishes.json({ () throws(CLIError) in standing }) {
        found = try client.patch(Organization.path, ["policy": policy])
      }
      Console.out(options.output == .json ? found.indentedText + "\n" : Organization.show(found))
    }
  }
}
