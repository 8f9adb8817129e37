import ArgumentParser
import JSON
import UpblitClient

extension Organization: Commanded {
  static let commandWords = "organization"
  static let example = "acme"

  static let listing = Listing<Organization>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "ROLE") { Cell($0.role) },
    ])

  static func details(_ organization: Organization) -> String {
    OrganizationCommand.show(organization.json)
  }
}

/// `upblit organization list`.
struct OrganizationList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List your organizations; operators see all.",
    discussion: """
        upblit organization list
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Organization.listing, empty: "You belong to no organization yet."
      ) { () async throws(CLIError) -> [Organization] in
        try await client.list(Organization.path)
      }
    }
  }
}

/// `upblit organization use`.
struct OrganizationUse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "use", abstract: "Act in this one of your organizations from now on.",
    discussion: """
      The context remembers it. A key acts in its own organization alone.

        upblit organization use acme
      """)

  @Argument(help: "Its name or its id.")
  var organization: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      guard let context = client.context, case .session? = client.client.configuration.credential
      else {
        throw CLIError(
          .usage, "a key acts in its own organization alone: sign in with `upblit login`")
      }
      let person = try await client.ask { (client) async throws(APIError) in
        try await client.account()
      }
      let chosen = try Self.find(organization, among: person.organizations)
      try ContextFile.change { (file) throws(CLIError) in
        var stored = try file.required(context)
        stored.organization = chosen.name
        stored.organizationID = chosen.id
        file.put(stored)
      }
      Console.note(
        "Acting in \(DisplayText.escaped(chosen.name)) as \(DisplayText.escaped(chosen.role)).")
    }
  }

  /// The one membership that a person means by a name or an id.
  static func find(
    _ text: String, among all: [Person.Membership]
  ) throws(CLIError) -> Person.Membership {
    let fitting = all.filter { $0.name == text || $0.id == text }
    let shown = DisplayText.escaped(text)
    if fitting.count > 1 {
      throw CLIError(
        .notFound, "\"\(shown)\" fits \(fitting.count) of your organizations: use the id")
    }
    guard let found = fitting.first else {
      let guess = Suggestion.closest(to: text, among: all.map(\.name))
        .map { ": did you mean \"\(DisplayText.escaped($0))\"?" }
      throw CLIError(
        .notFound,
        "you belong to no organization \"\(shown)\"\(guess ?? "; `upblit organization list` shows yours")"
      )
    }
    return found
  }
}
