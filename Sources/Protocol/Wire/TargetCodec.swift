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
    /// varint: 4, 6, or 10 for both
    case family = 12
    /// varint
    case degradedAboveMs = 13
    /// varint
    case degradedBelowCertificateDays = 14
    /// count varint, strings: conditions as `Protocol/Conditions` describes them
    case conditions = 15
    /// flags varint (1: the certificate is not verified), least version varint (12 for 1.2), then
    /// strings, empty where there is none: server name, authorities, certificate, key (PEM)
    case tls = 16
    /// varint: `StartTLS`
    case startTLS = 17
    /// count varint, (kind varint: 1 send, 2 expect; length varint, bytes) ...
    case script = 18
    /// udp: string, a pattern
    case expectation = 19
    /// icmp: varints: packets, milliseconds between two, bytes of each, percent that may be lost
    case packets = 20
    /// dns: see `TargetCodec+Questions.swift`
    case question = 21
    /// grpc: string
    case service = 22
    /// websocket: count varint, strings
    case subprotocols = 23
    /// websocket: varint
    case closeCode = 24
    /// http: kind varint, then strings: see `TargetCodec+Requests.swift`
    case authentication = 25
    /// http: strings: URL, user, password
    case proxy = 26
    /// http: varint: 2 for HTTP/2
    case version = 27
    /// http: 4 or 16 bytes
    case pinnedAddress = 28
    /// http: string
    case expectedLocation = 29
    /// http: varint: 1 cookies, 2 against caches, 4 compression, 8 connection kept
    case wishes = 30
    /// tls: varint: 1 where a stapled status is needed
    case needsStatus = 31
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

  /// The longest of certificates, authorities and keys, in bytes.
  static let pemLimit = 16 << 10

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
}
