public import JSON
public import Model

/// What came of a check in one region, as it is stored and as the API tells it.
///
/// Members: `outcome` (`up`, `degraded`, `down`, or `unknown` where nothing was learned about the
/// target), `reason`, `reason_text`, `detail`, `status`, `address`, `certificate_days`, each `null`
/// where there is none, `phases_ms` (ends counted from the probe's start, and the total) and
/// `attempts`, lines about what was tried.
public struct TryAnswer: Hashable, Sendable {
  public let json: JSONValue

  init(stored json: JSONValue) { self.json = json }

  /// What an agent says.
  public init(_ record: ProbeRecord, attempts: [UInt8]) {
    let outcome =
      switch record.outcome {
      case .up: "up"
      case .degraded: "degraded"
      case .failed(let failure): failure.failureClass == .agent ? "unknown" : "down"
      }
    let failure = record.outcome.failure
    func ms(_ tenths: UInt32?) -> JSONValue { tenths.map { .number(Double($0) / 10) } ?? .null }
    json = [
      "outcome": .string(outcome), "reason": .optional(failure?.reason.code),
      "reason_text": .optional(failure?.reason.sentence),
      "detail": .optional(failure.map { Self.text(Array($0.detail.utf8)) }),
      "status": .optional(record.status),
      "address": .optional(record.address?.description),
      "certificate_days": .optional(record.certificateDays),
      "phases_ms": [
        "dns": ms(record.phases?.dns), "connect": ms(record.phases?.connect),
        "tls": ms(record.phases?.tls), "first_byte": ms(record.phases?.firstByte),
        "total": ms(record.total),
      ], "attempts": .strings(attempts.split(separator: 10).map { Self.text(Array($0)) }),
    ]
  }

  /// Nobody has asked, for a reason that says nothing about the target.
  public init(unasked reason: Reason) {
    json = [
      "outcome": "unknown", "reason": .string(reason.code), "reason_text": .string(reason.sentence),
      "detail": .null, "status": .null, "address": .null, "certificate_days": .null,
      "phases_ms": .null, "attempts": [],
    ]
  }

  /// Bytes that others chose, as a text that Postgres takes: what is no UTF-8, or NUL, becomes U+FFFD.
  private static func text(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard bytes.contains(0) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{fffd}" : $0 }))
  }
}
