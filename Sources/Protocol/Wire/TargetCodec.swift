import Model

/// One target of an assignment:
///
/// ```
/// slot varint | monitor 16 | kind 1 | interval varint (s) | timeout varint (ms)
/// | length varint | count varint, (key varint, length varint, bytes) ...
/// ```
/// Options stand in ascending order of their keys. An unknown key below 64, or an unknown kind,
/// makes the target not understood; an unknown key from 64 on is skipped.
public enum TargetCodec {
  /// The keys of options.
  enum Option: UInt64, CaseIterable {
    /// varint: due when collector time modulo the interval equals it.
    case phaseMs = 1
    /// http: the URL; tcp: the host.
    case address = 2
    /// tcp: varint.
    case port = 3
    case method = 4
    /// count varint, (name string, value string) ...
    case headers = 5
    case body = 6
    /// count varint, (low varint, high varint) ...
    case statusRanges = 7
    /// varint
    case maxRedirects = 8
    /// count varint, strings
    case contains = 9
    /// count varint, strings
    case absent = 10
    /// varint
    case bodyLimit = 11
    /// varint: 4 or 6
    case family = 12
    /// varint
    case degradedAboveMs = 13
    /// varint
    case degradedBelowCertificateDays = 14
    /// count varint, strings: conditions as `Protocol/Conditions` describes them
    case conditions = 15
  }

  /// The most bytes that one target may take, so that a "probe now" of it fits its frame.
  public static let byteLimit = 48 << 10

  /// How many bytes `target` takes.
  public static func byteCount(of target: AssignedTarget) -> Int {
    var writer = ByteWriter()
    encode(target, to: &writer)
    return writer.count
  }

  /// The kind of a canary, whose options are those of tcp.
  static let canaryKind: UInt8 = 64

  /// The first option key that may be skipped without knowing it.
  static let firstSkippableKey: UInt64 = 64

  /// The longest text of an option, in bytes.
  static let textLimit = 8192

  static func list(from reader: inout ByteReader) throws(WireError) -> [AssignedTarget] {
    let count = try reader.count(minimumBytes: 21)
    var targets: [AssignedTarget] = []
    targets.reserveCapacity(count)
    for _ in 0..<count { targets.append(try decode(from: &reader)) }
    return targets
  }

  static func encode(_ targets: [AssignedTarget], to writer: inout ByteWriter) {
    writer.count(targets.count)
    for target in targets { encode(target, to: &writer) }
  }

  /// Reads one target.
  public static func decode(from reader: inout ByteReader) throws(WireError) -> AssignedTarget {
    let slot = try reader.varint()
    let monitor: MonitorID = try reader.identifier()
    let kindNumber = try reader.uint8()
    let intervalSeconds = try reader.varint32()
    let timeoutMs = try reader.varint32()
    guard intervalSeconds >= 1, timeoutMs >= 1 else { throw .value }
    let optionBytes = try reader.lengthPrefixed()
    let options = try TargetOptions(decoding: optionBytes)
    let phaseMs = try options.number(.phaseMs) ?? 0
    let question: AssignedTarget.Question
    if let unknown = options.unknownKey {
      question = .notUnderstood(
        kind: kindNumber, reason: "option \(unknown) is not known", options: Array(optionBytes))
    } else if let kind = CheckKind(rawValue: kindNumber) {
      question = .check(try check(kind, options))
    } else if kindNumber == canaryKind {
      guard case .tcp(let canary) = try check(.tcp, options) else { throw .value }
      question = .canary(canary)
    } else {
      question = .notUnderstood(
        kind: kindNumber, reason: "kind \(kindNumber) is not known", options: Array(optionBytes))
    }
    return AssignedTarget(
      slot: slot, monitor: monitor, intervalSeconds: intervalSeconds, timeoutMs: timeoutMs,
      phaseMs: phaseMs, question: question)
  }

  private static func check(
    _ kind: CheckKind, _ options: TargetOptions
  ) throws(WireError) -> Check {
    guard let address = try options.text(.address) else { throw .value }
    switch kind {
    case .http:
      var check = HTTPCheck(url: address)
      if let method = try options.text(.method) { check.method = method }
      check.headers = try options.pairs(.headers).map { .init(name: $0.0, value: $0.1) }
      check.body = options.bytes(.body)
      if let ranges = try options.ranges(.statusRanges) { check.statusRanges = ranges }
      if let limit = try options.number(.maxRedirects) { check.maxRedirects = limit }
      check.contains = try options.texts(.contains)
      check.absent = try options.texts(.absent)
      if let limit = try options.number(.bodyLimit) { check.bodyLimit = limit }
      check.family = try options.family()
      check.degradedAboveMs = try options.number(.degradedAboveMs)
      check.degradedBelowCertificateDays = try options.number(.degradedBelowCertificateDays)
      check.conditions = try options.texts(.conditions)
      return .http(check)
    case .tcp:
      guard let port = UInt16(exactly: try options.number(.port) ?? 0), port > 0 else {
        throw .value
      }
      var check = TCPCheck(host: address, port: port)
      check.family = try options.family()
      check.degradedAboveMs = try options.number(.degradedAboveMs)
      check.conditions = try options.texts(.conditions)
      return .tcp(check)
    }
  }

  /// Appends one target; one that was not understood goes out as it came in.
  public static func encode(_ target: AssignedTarget, to writer: inout ByteWriter) {
    let kind: UInt8
    let optionBytes: [UInt8]
    switch target.question {
    case .check(let check):
      kind = check.kind.rawValue
      var options = TargetOptionsWriter()
      options.number(.phaseMs, target.phaseMs, unless: 0)
      encode(check, to: &options)
      optionBytes = options.encoded()
    case .canary(let check):
      kind = canaryKind
      var options = TargetOptionsWriter()
      options.number(.phaseMs, target.phaseMs, unless: 0)
      encode(.tcp(check), to: &options)
      optionBytes = options.encoded()
    case .notUnderstood(let number, _, let options):
      kind = number
      optionBytes = options
    }
    writer.varint(target.slot)
    writer.identifier(target.monitor)
    writer.uint8(kind)
    writer.varint(target.intervalSeconds)
    writer.varint(target.timeoutMs)
    writer.lengthPrefixed(optionBytes)
  }

  /// Appends a check's options in ascending order of their keys; defaults are left out.
  private static func encode(_ check: Check, to options: inout TargetOptionsWriter) {
    switch check {
    case .http(let check):
      let usual = HTTPCheck(url: check.url)
      options.text(.address, check.url)
      if check.method != usual.method { options.text(.method, check.method) }
      options.pairs(.headers, check.headers.map { ($0.name, $0.value) })
      options.bytes(.body, check.body)
      if check.statusRanges != usual.statusRanges {
        options.ranges(.statusRanges, check.statusRanges)
      }
      options.number(.maxRedirects, check.maxRedirects, unless: usual.maxRedirects)
      options.texts(.contains, check.contains)
      options.texts(.absent, check.absent)
      options.number(.bodyLimit, check.bodyLimit, unless: usual.bodyLimit)
      options.number(.family, UInt32(check.family.rawValue), unless: 0)
      options.number(.degradedAboveMs, check.degradedAboveMs)
      options.number(.degradedBelowCertificateDays, check.degradedBelowCertificateDays)
      options.texts(.conditions, check.conditions)
    case .tcp(let check):
      options.text(.address, check.host)
      options.number(.port, UInt32(check.port))
      options.number(.family, UInt32(check.family.rawValue), unless: 0)
      options.number(.degradedAboveMs, check.degradedAboveMs)
      options.texts(.conditions, check.conditions)
    }
  }
}
