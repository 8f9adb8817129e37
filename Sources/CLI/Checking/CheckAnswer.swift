import AgentCore
import JSON
import Model

/// How a check stands, from good to worst.
enum CheckVerdict: Int, Comparable {
  /// Up, or degraded.
  case up
  /// Down, or it could not be asked.
  case down
  /// It is no check.
  case invalid

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What came of one check that was run by hand.
struct CheckAnswer {
  private let spec: CheckSpec
  private let finding: CheckFinding?

  init(_ spec: CheckSpec, _ finding: CheckFinding?) {
    self.spec = spec
    self.finding = finding
  }

  var verdict: CheckVerdict {
    if case .failure = spec.content { return .invalid }
    return finding?.record.outcome.isUp == true ? .up : .down
  }

  /// Whether it was not asked for where it is.
  var isRefusedAddress: Bool {
    finding?.record.outcome.failure?.reason.code == "agent.address_refused"
  }

  /// `up`, `degraded`, `down`, or `unknown` where nothing was learned about the target.
  private var outcome: String {
    switch finding?.record.outcome {
    case .up: "up"
    case .degraded: "degraded"
    case .failed(let failure): failure.failureClass == .agent ? "unknown" : "down"
    case nil: "unknown"
    }
  }

  // MARK: For programs

  /// One object; absent facts are `null`, durations microseconds from the probe's start.
  var json: JSONValue {
    var object = JSONObject()
    object["number"] = .integer(Int64(spec.number))
    object["name"] = .optional(spec.name)
    switch spec.content {
    case .failure(let errors):
      object["outcome"] = "unknown"
      object["reason"] = .string(Reason.agentNotUnderstood.code)
      object["detail"] = .string(CheckSpec.words(errors))
      object["errors"] = .array(
        errors.errors.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] })
    case .success(let question):
      object["kind"] = .string(question.check.kind.word)
      object["target"] = .string(question.check.target)
      object["outcome"] = .string(outcome)
      let failure = finding?.record.outcome.failure ?? unasked
      object["reason"] = .optional(failure?.reason.code)
      object["reason_text"] = .optional(failure?.reason.sentence)
      object["detail"] = .optional(failure?.detail)
      object["curl_code"] = .optional(failure.flatMap { $0.curlCode == 0 ? nil : $0.curlCode })
      add(facts: finding?.record, to: &object)
      add(evidence: finding?.evidence ?? ProbeEvidence(), to: &object)
    }
    return .object(object)
  }

  /// Why there is no finding.
  private var unasked: Failure? {
    finding == nil ? Failure(.agentOverload, detail: "there was no room for the check") : nil
  }

  private func add(facts record: ProbeRecord?, to object: inout JSONObject) {
    object["status"] = .optional(record?.status)
    object["address"] = .optional(record?.address?.description)
    object["certificate_days"] = .optional(record?.certificateDays)
    var phases = JSONObject()
    phases["dns_us"] = .optional(record?.phases.map { Int64($0.dns) * 100 })
    phases["connect_us"] = .optional(record?.phases.map { Int64($0.connect) * 100 })
    phases["tls_us"] = .optional(record?.phases.map { Int64($0.tls) * 100 })
    phases["first_byte_us"] = .optional(record?.phases.map { Int64($0.firstByte) * 100 })
    phases["total_us"] = .optional(record.map { Int64($0.total) * 100 })
    object["phases"] = .object(phases)
  }

  private func add(evidence: ProbeEvidence, to object: inout JSONObject) {
    object["attempts"] = .strings(Self.lines(evidence.attempts))
    var parts = JSONObject()
    func add(_ name: String, _ bytes: [UInt8]) {
      parts[name] = bytes.isEmpty ? .null : .string(Self.text(bytes))
    }
    add("address", evidence.address)
    add("presence", evidence.presence)
    add("headers", evidence.headers)
    add("body_excerpt", evidence.bodyExcerpt)
    add("resolver", evidence.resolver)
    add("traceroute", evidence.traceroute)
    object["evidence"] = .object(parts)
  }

  /// What a target said, as text: what is no UTF-8 becomes U+FFFD.
  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func lines(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n")).map { text(Array($0)) }
  }

  // MARK: For people

  /// One line: the outcome, the target, how long it took, and why.
  var line: String {
    guard case .success(let question) = spec.content else { return invalid }
    let name = spec.name ?? question.check.target
    var words = [
      DisplayText.padded(outcome, to: 8), DisplayText.escaped(name),
      VoteWords.duration(finding.map { .integer(Int64($0.record.total) * 100) }),
    ]
    if let failure = finding?.record.outcome.failure ?? unasked {
      words.append("\(failure.reason.code): \(DisplayText.escaped(failure.detail))")
    }
    words[0] = Paint.state(outcome, words[0])
    return words.joined(separator: "  ") + "\n"
  }

  private var invalid: String {
    guard case .failure(let errors) = spec.content else { return "" }
    return "invalid   check \(spec.number): \(DisplayText.escaped(CheckSpec.words(errors)))\n"
  }

  /// All that was found of the only check.
  var details: String {
    guard case .success(let question) = spec.content else { return invalid }
    var rows = Details()
    let record = finding?.record
    if let failure = record?.outcome.failure ?? unasked {
      rows.add("reason", "\(failure.reason.code): \(failure.reason.sentence)")
      if failure.detail != failure.reason.sentence { rows.add("detail", failure.detail) }
    }
    rows.add("status", record?.status.map { "\($0)" })
    rows.add("address", record?.address?.description)
    rows.add("certificate", record?.certificateDays.map { "\($0) days left" })
    if let phases = record?.phases {
      for (name, end) in [
        ("name", phases.dns), ("connected", phases.connect), ("encrypted", phases.tls),
        ("first byte", phases.firstByte),
      ] where name != "encrypted" || end > phases.connect {
        rows.add(name, VoteWords.duration(.integer(Int64(end) * 100)))
      }
    }
    rows.add("total", record.map { VoteWords.duration(.integer(Int64($0.total) * 100)) })
    let evidence = finding?.evidence ?? ProbeEvidence()
    for (name, part) in [
      ("resolver", evidence.resolver), ("attempts", evidence.attempts),
      ("route", evidence.traceroute),
    ] {
      // Of a name that was found there is nothing to be told.
      if name == "resolver", record?.outcome.isUp == true { continue }
      for (index, line) in Self.lines(part).enumerated() { rows.add(index == 0 ? name : "", line) }
    }
    for (index, line) in Self.lines(evidence.headers).enumerated() {
      rows.add(index == 0 ? "answer" : "", line)
    }
    let body = Self.lines(Array(evidence.bodyExcerpt.prefix(400)))
    for (index, line) in body.prefix(12).enumerated() {
      rows.add(index == 0 ? "body" : "", line)
    }
    let shown = Paint.state(outcome, outcome.uppercased())
    return "\(shown)  \(DisplayText.escaped(question.check.target))\n" + rows.text
  }
}
