import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor run`.
struct MonitorRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Have a monitor probed at once, from everywhere.",
    discussion: """
      What its agents find counts like any other result. With --wait it is waited for and
      shown, and the exit code is 3 where one of them failed.

        upblit monitor run shop
        upblit monitor run shop --wait
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Flag(help: "Wait for what they find.")
  var wait = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Monitor.finder(client).id(monitor)
      let run = try await client.ask { (client) async throws(APIError) in
        try await client.run(monitor: id)
      }
      guard wait else {
        return try Printer(options).report(run.json) {
          "Asked \(run.probes.map { DisplayText.escaped($0.region) }.joined(separator: ", ")). "
            + "What they find: upblit monitor results \(id.prefix(8))\n"
        }
      }
      let results = try await found(run, id, client)
      try Printer(options).list(
        results, as: MonitorResults.listing, empty: "Nobody has answered: upblit agent list")
      let missing = run.probes.count - results.count
      if missing > 0 {
        throw CLIError(.failure, "\(missing) of \(run.probes.count) agents have not answered")
      }
      if results.contains(where: { !["up", "degraded"].contains($0.outcome) }) {
        throw CLIError(.down, "")
      }
    }
  }

  /// The first result of each agent since it was asked; looked for until the monitor's timeout is over.
  private func found(
    _ run: MonitorRun, _ id: String, _ client: Session
  ) async throws(CLIError) -> [ProbeResult] {
    let monitor = Monitor(try await client.get("\(Monitor.path)/\(id)"))
    let end = Moment.now + (monitor.timeoutMs ?? 10_000) + 10_000
    let agents = Set(run.probes.map(\.agent))
    while true {
      let all: [ProbeResult] = try await client.list(
        "\(Monitor.path)/\(id)/results", [("since", run.askedAt?.text)], limit: 200)
      var first: [String: ProbeResult] = [:]
      for result in all where agents.contains(result.agent) { first[result.agent] = result }
      if first.count == agents.count || Moment.now > end {
        return first.values.sorted { ($0.region, $0.agent) < ($1.region, $1.agent) }
      }
      do { try await Task.sleep(for: .milliseconds(500)) } catch {
        throw CLIError(.interrupted, "")
      }
    }
  }
}
