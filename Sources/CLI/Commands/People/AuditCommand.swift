import ArgumentParser
import JSON
import UpblitClient

/// `upblit audit`.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Find out who changed what, and from where.",
    discussion: """
        upblit audit list --since 7d
        upblit audit list --object-kind monitor --action deleted
      """,
    subcommands: [AuditList.self, AuditExport.self])
}

/// `upblit audit list`.
struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what was changed, newest first.",
    discussion: """
        upblit audit list
        upblit audit list --since 30d --actor ann@example.org
        upblit audit list --since 2026-01-01T00:00:00Z --limit 100000 -o csv > audit.csv
      """)

  @Option(help: "From this time on: a span before now such as 7d, or a time (RFC 3339).")
  var since: String?

  @Option(help: "Before this time, likewise.")
  var until: String?

  @Option(help: "Only what this person or key did.")
  var actor: String?

  @Option(help: "Only what was done so.")
  var action: String?

  @Option(help: "Only what was done to things of this kind, such as monitor.")
  var objectKind: String?

  @Option(help: "Only what was done to this thing: its whole id.")
  var objectId: String?

  @Flag(help: "The installation's own log: people, their sessions, signing keys. For operators.")
  var installation = false

  @OptionGroup var most: LimitOption
  @OptionGroup var options: GlobalOptions

  static let listing = Listing<AuditEntry>(
    name: \.id,
    columns: [
      .init(title: "AT") { .moment($0.at) },
      .init(title: "WHO") { entry in
        Cell(
          entry.actorLabel.isEmpty ? entry.actorKind : entry.actorLabel, plain: entry.actorLabel)
      },
      .init(title: "WHO KIND", isWide: true) { Cell($0.actorKind) },
      .init(title: "ACTION") { Cell($0.action) },
      .init(title: "OBJECT") { Cell($0.objectKind) },
      .init(title: "OBJECT ID") { .id($0.objectID) },
      .init(title: "CHANGE", isWide: true) { entry in
        Cell(entry.change.isNull ? nil : entry.change.text)
      },
      .init(title: "ADDRESS", isWide: true) { Cell($0.address) },
      .init(title: "REQUEST", isWide: true) { Cell($0.requestID) },
      .init(title: "ID", isWide: true) { Cell($0.id) },
    ])

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let query = [
        ("since", try TimeWords.moment(since, flag: "--since")),
        ("until", try TimeWords.moment(until, flag: "--until")), ("actor", actor),
        ("action", action), ("object_kind", objectKind), ("object_id", objectId),
        ("installation", installation ? "true" : nil),
      ]
      try await options.list(as: Self.listing, empty: "Nothing was changed in this span.") {
        () async throws(CLIError) -> [AuditEntry] in
        try await client.list(AuditEntry.path, query, limit: most.limit)
      }
    }
  }
}
