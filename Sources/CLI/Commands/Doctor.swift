import ArgumentParser
import JSON
import UpblitClient

/// `upblit doctor`.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Find out why a collector can't be asked.",
    discussion: """
      Looks at the stored contexts, the address, the connection and its certificate, the
      collector's readiness, the clocks and the login, and says what to do about each.
      Ends with 1 where something is wrong.

        upblit doctor
        upblit doctor --context work
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var report = HealthReport()
      await Self.examine(options, &report)
      try Printer(options).report(report.json, text: report.text)
      if report.isBad { throw CLIError(.failure, "") }
    }
  }

  private static func examine(_ options: GlobalOptions, _ report: inout HealthReport) async {
    report.add("upblit", .good, APIClient.version)
    let connection: Connection
    do throws(CLIError) { connection = try Connection(options.connection) } catch {
      return report.add("context", .bad, error.message)
    }
    report.add("context", .good, connection.context ?? "none: flags and environment")
    report.add("address", .good, connection.server.origin)
    let session: Session
    do throws(CLIError) {
      session = try Session(options.connection.configuration(connection))
    } catch {
      return report.add("address", .bad, error.message)
    }
    await connect(session, &report)
    if report.isBad { return }
    await ask(session, hasLogin: connection.credential != nil, &report)
  }

  private static func connect(_ session: Session, _ report: inout HealthReport) async {
    let before = Moment.now
    do throws(APIError) {
      let answer = try await session.client.send(APIRequest("GET", "/healthz"))
      let words =
        session.client.server.scheme == "https" ? "TLS, certificate trusted" : "plain http"
      report.add("connection", .good, "\(words), answered in \(Moment.now - before) ms")
      guard answer.json["status"]?.stringValue != nil else {
        return report.add("collector", .bad, "what answers is no collector: check the address")
      }
    } catch {
      return report.add("connection", .bad, advice(error))
    }
    do throws(APIError) {
      _ = try await session.client.send(APIRequest("GET", "/readyz"))
      report.add("collector", .good, "ready")
    } catch {
      report.add("collector", .doubtful, "not ready: \(DisplayText.escaped("\(error)"))")
    }
  }

  private static func ask(
    _ session: Session, hasLogin: Bool, _ report: inout HealthReport
  ) async {
    guard hasLogin else {
      return report.add("login", .bad, "there is none for this collector: run `upblit login`")
    }
    do throws(APIError) {
      let me = try await session.client.me()
      let who = me.email ?? me.keyName.map { "key \($0)" } ?? "?"
      let place =
        me.organizationName.isEmpty ? "in no organization" : "organization \(me.organizationName)"
      report.add("login", .good, "\(who), \(place)")
      report.add("scopes", .good, me.scopes.joined(separator: ", "))
    } catch {
      return report.add("login", .bad, CLIError(error).message)
    }
    let before = Moment.now
    guard let at = try? await session.client.status().at else {
      return report.add("clock", .doubtful, "the login may not read the status: not compared")
    }
    let now = Moment.now
    // The collector's time is of some moment between question and answer.
    let skew =
      at.milliseconds < before
      ? before - at.milliseconds : max(0, at.milliseconds - now)
    let side = at.milliseconds < before ? "ahead of" : "behind"
    if skew > 2_000 {
      report.add(
        "clock", .doubtful,
        "this machine is \(Moment.span(skew)) \(side) the collector: let NTP set both")
    } else {
      report.add("clock", .good, "within \(max(skew, now - before)) ms of the collector's")
    }
  }

  /// What an error of the connection most likely means.
  private static func advice(_ error: APIError) -> String {
    let text = DisplayText.escaped("\(error)")
    guard case .unreachable(_, let reason) = error else { return text }
    let words = reason.lowercased()
    let hints = [
      ("certificate", "hand the authority over with --ca-file, or renew the certificate"),
      ("resolve", "the name is not known here: check it, and this machine's name servers"),
      ("refused", "nothing listens there: is the collector running, on this port?"),
      ("connect to server", "nothing listens there: is the collector running, on this port?"),
      ("ssl", "is it plain http that is served there?"),
      ("timed out", "a firewall may drop the packets, or the machine is off"),
    ]
    return hints.first { words.utf8.firstRange(of: $0.0.utf8) != nil }.map { "\(text); \($0.1)" }
      ?? text
  }
}

/// What a doctor found.
struct HealthReport {
  enum Finding: String {
    case good = "ok"
    case doubtful = "warning"
    case bad = "wrong"
  }

  private var lines: [(subject: String, finding: Finding, words: String)] = []

  mutating func add(_ subject: String, _ finding: Finding, _ words: String) {
    lines.append((subject, finding, words))
  }

  var isBad: Bool { lines.contains { $0.finding == .bad } }

  var json: JSONValue {
    .array(
      lines.map {
        [
          "subject": .string($0.subject), "finding": .string($0.finding.rawValue),
          "detail": .string($0.words),
        ]
      })
  }

  func text() -> String {
    var table = Table(["", "", ""])
    table.showsHeading = false
    for line in lines {
      let state =
        switch line.finding {
        case .good: "up"
        case .doubtful: "degraded"
        case .bad: "down"
        }
      table.add([
        (text: line.finding.rawValue, state: state), (text: line.subject, state: nil),
        (text: line.words, state: nil),
      ])
    }
    return table.text(columns: nil)
  }
}
