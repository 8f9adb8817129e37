import ArgumentParser
import JSON
import UpblitClient

/// The flags that say what a monitor should ask, for `create` and `edit`.
struct MonitorWishes: ParsableArguments {
  @Option(help: "Seconds between probes, 5 to 86400.")
  var interval: Int?

  @Option(help: "Milliseconds that a probe may take, at most the interval.")
  var timeoutMs: Int?

  @Option(name: .customLong("region"), help: "A region that votes; repeat for more. Default: all.")
  var regions: [String] = []

  @Option(
    name: .customLong("tag"),
    help: "A word by which it is found, such as shop; repeat for more. none: no tags.")
  var tags: [String] = []

  @Option(
    help: ArgumentHelp(
      "The monitor without which this one can't be up: its incidents join that one's. none: no such.",
      valueName: "monitor"))
  var parent: String?

  @Option(help: "HTTP method.")
  var method: String?

  @Option(
    name: .customLong("status"),
    help: "A status or range that counts as up, such as 200-399; repeat for more.")
  var statuses: [String] = []

  @Option(help: "Redirects to follow, 0 to 20.")
  var maxRedirects: Int?

  @Option(name: .customLong("contains"), help: "A text that the body must contain.")
  var contained: [String] = []

  @Option(name: .customLong("absent"), help: "A text that the body must not contain.")
  var absent: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file with request headers, one `Name: value` a line, or -.", valueName: "file"))
  var headersFile: String?

  @Option(help: ArgumentHelp("A file with the request's body, or -.", valueName: "file"))
  var bodyFile: String?

  @Option(
    name: .customLong("condition"),
    help: "A condition such as '[RESPONSE_TIME] < 500ms' or '[BODY].status == ok'; repeat for more."
  )
  var conditions: [String] = []

  @Option(help: "any, ipv4, ipv6, or both: each is judged.")
  var family: String?

  @Option(help: "Milliseconds above which the target counts as degraded.")
  var degradedAboveMs: Int?

  /// The fields that were given, but for the check.
  func fields() throws(CLIError) -> JSONObject {
    var object = JSONObject()
    object["interval_s"] = interval.map { .integer(Int64($0)) }
    object["timeout_ms"] = timeoutMs.map { .integer(Int64($0)) }
    if !regions.isEmpty { object["regions"] = regions == ["all"] ? .null : .strings(regions) }
    if !tags.isEmpty { object["tags"] = .strings(tags == ["none"] ? [] : tags) }
    return object
  }

  /// The id of the parent that was given, `null` for none of them; `nil` where nothing was given.
  func parent(_ client: Session) async throws(CLIError) -> JSONValue? {
    guard let parent else { return nil }
    return parent == "none" ? .null : .string(try await Monitor.finder(client).id(parent))
  }

  /// Writes the check's fields that were given over `check`.
  func apply(to check: inout JSONObject) throws(CLIError) {
    if let method { check["method"] = .string(method) }
    if !statuses.isEmpty { check["status"] = .strings(statuses) }
    if let maxRedirects { check["max_redirects"] = .integer(Int64(maxRedirects)) }
    if !contained.isEmpty { check["contains"] = .strings(contained) }
    if !absent.isEmpty { check["absent"] = .strings(absent) }
    if let headersFile { check["headers"] = try headers(FileText.read(headersFile)) }
    if let bodyFile { check["body"] = .string(try FileText.read(bodyFile)) }
    if !conditions.isEmpty { check["conditions"] = .strings(conditions) }
    if let family { check["family"] = .string(family) }
    if let degradedAboveMs { check["degraded_above_ms"] = .integer(Int64(degradedAboveMs)) }
  }

  private func headers(_ text: String) throws(CLIError) -> JSONValue {
    var headers: [JSONValue] = []
    for line in text.utf8.split(separator: 0x0a) {
      let line = FileText.trimmed(String(decoding: line, as: UTF8.self))
      if line.isEmpty { continue }
      let parts = line.utf8.split(
        separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw CLIError(.usage, "a line of the headers' file is not `Name: value`")
      }
      headers.append([
        "name": .string(FileText.trimmed(String(decoding: parts[0], as: UTF8.self))),
        "value": .string(FileText.trimmed(String(decoding: parts[1], as: UTF8.self))),
      ])
    }
    return .array(headers)
  }
}
