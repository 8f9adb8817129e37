import ArgumentParser
import JSON
import UpblitClient

/// What a route shall be, as flags.
struct RouteWishes: ParsableArguments {
  @Option(name: .customLong("to"), help: "A channel that is told. May be repeated.")
  var channels: [String] = []

  @Option(name: .customLong("tag"), help: "Of monitors with this tag. May be repeated.")
  var tags: [String] = []

  @Option(name: .customLong("monitor"), help: "Of this monitor. May be repeated.")
  var monitors: [String] = []

  @Option(name: .customLong("verdict"), help: "Only of such verdicts. May be repeated.")
  var verdicts: [String] = []

  @Option(help: "notify, or page for only what must wake somebody.")
  var urgency: String?

  @Option(help: "Routes with smaller places are read first.")
  var place: Int64?

  @Option(
    help: ArgumentHelp("What ended within this span is not told: 90s, 5m.", valueName: "span"))
  var delay: String?

  @Option(
    help: ArgumentHelp(
      "Tell again after this span until somebody acknowledges: 30m, 2h; or never.",
      valueName: "span"))
  var remind: String?

  @Flag(inversion: .prefixedNo, help: "Read no routes after it for what fits it.")
  var last: Bool?

  func validate() throws {
    for (name, span) in [("--delay", delay), ("--remind", remind)] {
      guard let span, Self.seconds(span) == nil, !(name == "--remind" && span == "never") else {
        continue
      }
      throw ValidationError("\(name) must be a number with s, m, h or d behind it, such as 30m.")
    }
  }

  private static func seconds(_ span: String) -> Int64? {
    span == "0" ? 0 : MaintenanceWishes.seconds(span)
  }

  /// The body's fields; names are looked up.
  func fields(_ client: Session) async throws(CLIError) -> JSONObject {
    var body = JSONObject()
    if !channels.isEmpty {
      body["channels"] = .strings(try await ids(channels, Channel.finder(client)))
    }
    if !monitors.isEmpty {
      body["monitors"] = .strings(try await ids(monitors, Monitor.finder(client)))
    }
    if !tags.isEmpty { body["tags"] = .strings(tags) }
    if !verdicts.isEmpty { body["verdicts"] = .strings(verdicts) }
    body["least_urgency"] = urgency.map { .string($0) }
    body["place"] = place.map { .integer($0) }
    body["delay_s"] = delay.flatMap(Self.seconds).map { .integer($0) }
    if let remind {
      body["remind_s"] = remind == "never" ? .null : Self.seconds(remind).map { .integer($0) }
    }
    body["is_last"] = last.map { .bool($0) }
    return body
  }

  private func ids<Item: Findable>(
    _ names: [String], _ finder: Finder<Item>
  ) async throws(CLIError) -> [String] {
    var ids: [String] = []
    for name in names { ids.append(try await finder.id(name)) }
    return ids
  }
}
