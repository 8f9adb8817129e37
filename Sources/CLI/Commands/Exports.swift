import ArgumentParser
import UpblitClient

/// `upblit monitor export`.
struct MonitorExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Take results out, all of them: of one monitor, or of all.",
    discussion: """
      Without a span all that is kept. What breaks off ends with 1, and --to leaves no
      half of a file.

        upblit monitor export shop --since 30d > shop.csv
        upblit monitor export --format ndjson --to results.ndjson
      """)

  @Argument(help: "Its name, its id, or the beginning of its id. Default: all.")
  var monitor: String?

  @Option(help: "Only this region's.")
  var region: String?

  @OptionGroup var export: ExportOptions

  func run() async throws {
    try await export.run("/api/v1/results") { (client) async throws(CLIError) in
      var id: String?
      if let monitor { id = try await Monitor.finder(client).id(monitor) }
      return [("monitor", id), ("region", region)]
    }
  }
}

/// `upblit incident export`.
struct IncidentExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Take incidents out, all of them.",
    discussion: """
        upblit incident export > incidents.csv
        upblit incident export --since 90d --monitor shop --format ndjson
      """)

  @Option(help: "Only this monitor's: its name, its id, or the beginning of its id.")
  var monitor: String?

  @OptionGroup var export: ExportOptions

  func run() async throws {
    try await export.run(Incident.path) { (client) async throws(CLIError) in
      var id: String?
      if let monitor { id = try await Monitor.finder(client).id(monitor) }
      return [("monitor", id)]
    }
  }
}

/// `upblit audit export`.
struct AuditExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Take the audit log out, all of it.",
    discussion: """
        upblit audit export > audit.csv
        upblit audit export --since 365d --format ndjson --to audit.ndjson
      """)

  @OptionGroup var export: ExportOptions

  func run() async throws {
    try await export.run(AuditEntry.path) { (_) async throws(CLIError) in [] }
  }
}
