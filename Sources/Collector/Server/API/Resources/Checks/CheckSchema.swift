import Conditions
import JSON
import Model

/// The form of checks, as `CheckDocument` of `Sources/Protocol/Checks` reads and writes them: a
/// form a kind, told apart by `kind`.
///
/// What is optional may be `null`, which is the same as leaving it out. Answers have every member.
enum CheckSchema {
  /// A check that is sent, or told.
  static let check: Schema = Schema.one(of: [http, tcp, tls, dns, udp, icmp, grpc, websocket])
    .described(
      "The question a monitor asks. `kind` says which form it is. Secrets are taken and never told: "
        + "in answers `{\"secret\": true}` stands in their place, and sent back like that keeps what "
        + "is stored, as long as whoever hears it stays the same."
    ).named("Check")

  /// A check as monitors tell it: of one that can't be read only its kind is told.
  static let told: Schema = .any(of: [check, unreadable])

  private static let unreadable: Schema = Schema.sent(["kind": kind], required: ["kind"])
    .described("A stored check that this release can't read.").named("UnreadableCheck")
  private static let kind = Schema.words(CheckKind.allCases.map(\.word))

  /// The form of one kind: its own members, and those that all kinds have.
  static func form(
    _ kind: CheckKind, required: [String], _ members: KeyValuePairs<String, Schema>,
    description: String, examples: [JSONValue]
  ) -> Schema {
    Schema.sent(["kind": .exactly(kind.word)], required: ["kind"])
      .including(required: required, members)
      .including(required: [], common)
      .described(description).examples(examples).named("Check_\(kind.word)")
  }

  private static let common: KeyValuePairs<String, Schema> = [
    "family": Schema.words(["any", "ipv4", "ipv6", "both"]).nullable.byDefault("any").described(
      "Over which addresses. `both` asks over IPv4 and IPv6 side by side; the worse counts. It is "
        + "refused beside a proxy, `resolve`, digest or ntlm, for dns, and for a target that is an "
        + "address."),
    "degraded_above_ms": Schema.integer(1...86_400_000).nullable.described(
      "A slower answer is degraded."),
    "conditions": Schema.array(
      of: .string(1...Condition.longestText), count: 0...ConditionList.most
    ).nullable.described(
      "What must hold of the answer, in the language of conditions; one that begins with "
        + "`degraded:` makes the target degraded instead of down. Their patterns may take "
        + "\(ConditionList.mostInstructions) instructions together."
    ).example(["[STATUS] == 200", "degraded: [RESPONSE_TIME] < 500"]),
  ]

  static let host = Schema.string(1...253).described(
    "A name or an IP address, without a port and brackets."
  ).example("mail.example.org")
  static let port = Schema.integer(1...65535)
  static let certificateDays = Schema.integer(1...3650).nullable.described(
    "A certificate with fewer days left is degraded.")

  /// Bytes as text under `name`, or in base64 under `name_base64`; never both.
  static func base64(_ most: Int) -> Schema {
    Schema.string(
      0...(most + 2) / 3 * 4,
      pattern: "^([A-Za-z0-9+/]{4})*"
        + "([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
    ).nullable.with("contentEncoding", "base64")
  }

  /// A text that is taken and never told.
  static func secret(_ bytes: ClosedRange<Int>) -> Schema {
    .any(of: [.string(bytes), placeholder])
  }

  private static let placeholder: Schema = Schema.sent(
    ["secret": Schema.bool.with("const", true)], required: ["secret"]
  ).described("Stands for a secret that is stored.").named("StoredSecret")

  /// Headers of a request, or the metadata of a call.
  static let headers: Schema = Schema.array(of: header, count: 0...32).nullable.described(
    "Values of headers whose names speak of secrets (`Authorization`, `Cookie`, `X-Api-Key` and the "
      + "like) are not told.")

  private static let header: Schema = Schema.any(of: [
    .sent(
      [
        "name": .string(1...128, pattern: token), "value": .string(0...4096),
        "secret": Schema.bool.nullable,
      ],
      required: ["name", "value"]),
    .sent(
      [
        "name": .string(1...128, pattern: token), "value": Schema.null,
        "secret": Schema.bool.with("const", true),
      ], required: ["name", "value", "secret"]),
  ]).example(["name": "Accept", "value": "text/html"]).named("RequestHeader")

  /// A token of HTTP (RFC 9110 section 5.6.2).
  static let token = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

  static let script: Schema = {
    let step = Schema.any(of: [
      .sent(["send": .string(0...4096)], required: ["send"]),
      .sent(
        ["send_base64": base64(4096).notNull],
        required: ["send_base64"]),
      .sent(["expect": .string(1...4096)], required: ["expect"]),
    ]).example(["expect": "^220 "]).named("ScriptStep")
    return Schema.array(of: step, count: 0...32).nullable.described(
      "What is said over the connection: bytes that are sent, and patterns that must come.")
  }()
}
