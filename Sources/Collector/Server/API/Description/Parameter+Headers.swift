import JSON

/// The headers that conditional and repeatable requests carry.
extension Parameter {
  static let ifMatch: Parameter = .header(
    "If-Match", tags,
    "Change it only if nobody did since: the `ETag` that came with it, or `*`. Compared is the part "
      + "before the dot, which stands for what people change.")

  static let ifNoneMatch: Parameter = .header(
    "If-None-Match", tags, "Answer 304 where the `ETag` is still one of these.")

  static let idempotencyKey: Parameter = .header(
    "Idempotency-Key", .string(1...255, pattern: "^[!-~]{1,255}$"),
    "Any text of your own, such as a UUID: within 24 hours the same request with it is answered as "
      + "the first was, and done once (draft-ietf-httpapi-idempotency-key-header).")

  private static let tags = Schema.string(
    1...1024, pattern: "^(\\*|(W/)?\"[!#-~]*\"([ ]*,[ ]*(W/)?\"[!#-~]*\")*)$"
  ).example("\"7-1767225600000000.5f0c2a8d9b3e4c17\"")
}
