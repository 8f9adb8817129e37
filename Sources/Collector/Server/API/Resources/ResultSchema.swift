import JSON

/// The form of results, as `ResultResource` writes them.
enum ResultSchema {
  static let result: Schema = Schema.told([
    "started_at": .time, "monitor": .id, "agent": .id, "region": .text, "outcome": .voteKind,
    "failure": failure.nullable,
    "status": Schema.count.nullable.described("The status of HTTP and of gRPC, the code of DNS."),
    "certificate_days": Schema.integer(-2_147_483_648...2_147_483_647).nullable,
    "total_us": .microseconds,
    "dns_us": Schema.microseconds.nullable, "connect_us": Schema.microseconds.nullable,
    "tls_us": Schema.microseconds.nullable, "first_byte_us": Schema.microseconds.nullable,
  ]).named("Result")

  private static let failure: Schema = Schema.told([
    "class": .failureClass, "reason": .text, "reason_text": Schema.text.nullable,
    "curl_code": Schema.count.nullable, "detail": Schema.text.nullable,
  ]).named("Failure")

  static let latency: Schema = Schema.told([
    "since": .time, "until": .time, "step_s": .count,
    "steps": .array(
      of: .told([
        "at": .time, "count": .count,
        "failures": Schema.count.described("Those that were neither up nor degraded."),
        "p50_us": Schema.microseconds.nullable, "p95_us": Schema.microseconds.nullable,
        "p99_us": Schema.microseconds.nullable, "max_us": Schema.microseconds.nullable,
      ])),
  ]).named("Latency")

  static let uptime: Schema = Schema.told([
    "since": .time, "until": .time, "span_ms": .count, "up_ms": .count, "down_ms": .count,
    "unknown_ms": .count, "paused_ms": .count, "degraded_ms": .count, "regional_ms": .count,
    "partial_ms": .count,
    "uptime_percent": .told([
      "least": Schema.number.nullable, "most": Schema.number.nullable,
    ]),
    "known_percent": Schema.number.nullable, "coverage_percent": Schema.number.nullable,
    "partial_counts_as": .words(["up", "down"]),
    "rule": Schema.text.described("How the shares are counted, in words."),
  ]).named("Uptime")
}
