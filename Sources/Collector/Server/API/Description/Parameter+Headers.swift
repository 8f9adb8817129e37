import JSON

/// The headers that conditional and repeatable requests carry.
extension Parameter {
  static let ifMatch: Parameter = .header(
    "If-Match", Schema.text.example("*"),
    "Change it only if nobody did since: the `ETag` that came with it, or `*` (RFC 9110 section "
      + "13.1.1). Compared is the part before the dot, which stands for what people change.")

  static let ifNoneMatch: Parameter = .header(
    "If-None-Match", Schema.text.example("\"7-1767225600000000.5f0c2a8d9b3e4c17\""),
    "Answer 304 where the `ETag` is still one of these.")

  static let organization: Parameter = .header(
    "Upblit-Organization", .id,
    "In which organization a person acts who belongs to several. A key acts in its own.")

  static let idempotencyKey: Parameter = .header(
    "Idempotency-Key", .matching("^[!-~]{1,255}$"),
    "Any text of your own, such as a UUID: within 24 hours the same request with it is answered as "
      + "the first was, and done once (draft-ietf-httpapi-idempotency-key-header).")
}
