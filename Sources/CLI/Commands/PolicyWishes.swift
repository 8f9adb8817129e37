import ArgumentParser
import JSON

/// The flags that say what a policy should be.
struct PolicyWishes: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who must agree: majority, all, any, 2, 60%, eu=3,us=2, a policy's JSON, or inherited.",
      valueName: "rule"))
  var policy: String?

  @Option(
    help: ArgumentHelp(
      "At most so many voters may be up; or default.", valueName: "count"))
  var upCap: String?

  @Option(
    help: ArgumentHelp(
      "The failing regions must be of so many providers; or default.", valueName: "count"))
  var minDomains: String?

  @Option(
    name: .customLong("must-fail"),
    help: ArgumentHelp(
      "A region without whose failing nothing is down; repeat for more; or none.",
      valueName: "region"))
  var mustFail: [String] = []

  @Option(
    name: .customLong("ignore"),
    help: ArgumentHelp(
      "A region that is probed and shown but does not vote; repeat for more; or none.",
      valueName: "region"))
  var ignored: [String] = []

  @Option(
    help: ArgumentHelp(
      "Whom a verdict reaches: down, partial, regional or degraded = page, notify or none.",
      valueName: "verdict=urgency"))
  var severity: [String] = []

  /// Whether any of the flags was given.
  var isGiven: Bool { policy != nil || hasDetails }

  private var hasDetails: Bool {
    upCap != nil || minDomains != nil || !mustFail.isEmpty || !ignored.isEmpty || !severity.isEmpty
  }

  /// The policy that the flags ask for; `nil` where none was given, `null` to inherit.
  ///
  /// - Parameter present: the policy that stands, for flags that change a part of it.
  func json(
    _ present: () async throws(CLIError) -> JSONValue?
  ) async throws(CLIError) -> JSONValue? {
    guard isGiven else { return nil }
    if policy == "inherited" {
      guard !hasDetails else {
        throw CLIError(.usage, "--policy inherited takes the organization's policy as it is")
      }
      return .null
    }
    var object = JSONObject()
    if let policy {
      object = try PolicyWords.json(policy)
    } else if case .object(let standing)? = try await present() {
      object = standing
    } else {
      throw CLIError(.failure, "the collector's answer has no policy: are both of one release?")
    }
    try set("up_cap", upCap, flag: "--up-cap", in: &object)
    try set("min_domains", minDomains, flag: "--min-domains", in: &object)
    if !mustFail.isEmpty { object["must_fail"] = mustFail == ["none"] ? nil : .strings(mustFail) }
    if !ignored.isEmpty { object["ignore"] = ignored == ["none"] ? nil : .strings(ignored) }
    if !severity.isEmpty { object["severity"] = try urgencies(object["severity"]) }
    return .object(object)
  }

  private func set(
    _ name: String, _ text: String?, flag: String, in object: inout JSONObject
  ) throws(CLIError) {
    guard let text else { return }
    if text == "default" {
      object[name] = nil
    } else if let number = Int64(text) {
      object[name] = .integer(number)
    } else {
      throw CLIError(.usage, "\(flag) is \(DisplayText.escaped(text)): use a number, or default")
    }
  }

  private func urgencies(_ present: JSONValue?) throws(CLIError) -> JSONValue {
    var urgencies = JSONObject()
    if case .object(let standing)? = present { urgencies = standing }
    for text in severity {
      let parts = text.utf8.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw CLIError(
          .usage, "--severity is \(DisplayText.escaped(text)): use a form such as regional=page")
      }
      urgencies[String(decoding: parts[0], as: UTF8.self)] = .string(
        String(decoding: parts[1], as: UTF8.self))
    }
    return .object(urgencies)
  }
}
