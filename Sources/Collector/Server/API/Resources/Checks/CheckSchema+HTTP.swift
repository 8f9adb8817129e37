import JSON
import Model

extension CheckSchema {
  static let http = form(
    .http, required: ["url"],
    [
      "url": Schema.string(1...2048, pattern: "^[hH][tT][tT][pP][sS]?://[!-~]+$").described(
        "ASCII, without a user and a password."
      ).example("https://example.org/"),
      "method": Schema.string(1...32, pattern: token).nullable.byDefault("GET").described(
        "Any but CONNECT and TRACE; POST where `json` or `form` is sent."),
      "headers": headers,
      "body": Schema.string(0...16384).nullable.described(
        "What is sent: only one of `body`, `body_base64`, `json` and `form`."),
      "body_base64": base64(16384),
      "json": Schema.anything.described("A value that is sent as JSON, with its content type."),
      "form": Schema.dictionary(of: .text).nullable.described(
        "Texts that are sent as browsers send a form."),
      "auth": authentication.nullable,
      "tls": tlsWishes,
      "http_version": Schema.words(HTTPVersion.allCases.map(\.word)).nullable.byDefault("1.1"),
      "resolve": Schema.string(1...64).nullable.described(
        "The address to connect to in place of those that the name has."
      ).example("192.0.2.7"),
      "proxy": proxy.nullable,
      "status": Schema.array(of: status, count: 1...16).nullable.byDefault(["200-399"]).described(
        "Statuses that are up. Where it is left out and a condition asks for the status alone, the "
          + "condition decides."),
      "max_redirects": Schema.integer(0...20).nullable.byDefault(10),
      "expect_location": Schema.string(1...2048).nullable.described(
        "Where the first answer must redirect to; needs `max_redirects` 0."),
      "cookies": flag("Whether cookies are kept from redirect to redirect."),
      "cache_busting": flag("Whether a parameter is added that no cache has seen."),
      "compression": flag("Whether a compressed answer is asked for."),
      "keep_alive": flag("Whether the connection is kept from probe to probe."),
      "contains": Schema.array(of: .string(1...1024), count: 0...16).nullable.described(
        "Texts that the body must have."),
      "absent": Schema.array(of: .string(1...1024), count: 0...16).nullable.described(
        "Texts that the body must not have."),
      "body_limit_bytes": Schema.integer(1024...16 << 20).nullable.byDefault(1_048_576).described(
        "How much of the body is read."),
      "degraded_below_certificate_days": certificateDays,
    ],
    description: "One request, and its redirects.",
    examples: [
      ["kind": "http", "url": "https://example.org/"],
      [
        "kind": "http", "url": "https://api.example.org/orders", "json": ["item": 7],
        "auth": ["kind": "bearer", "token": "a token"], "status": [201],
        "conditions": ["[BODY].id != null"],
      ],
    ])

  static func flag(_ description: String, byDefault value: Bool = false) -> Schema {
    Schema.bool.nullable.byDefault(.bool(value)).described(description)
  }

  private static let status: Schema = Schema.any(of: [
    .integer(100...599), .string(3...7, pattern: "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"),
  ]).example("200-399")

  private static let proxy: Schema = Schema.sent(
    [
      "url": .string(
        1...512,
        pattern: "^([hH][tT][tT][pP][sS]?|[sS][oO][cC][kK][sS](4|4[aA]|5|5[hH]))://[!-~]+$"),
      "user": Schema.string(1...256).nullable, "password": secret(0...1024).nullable,
    ], required: ["url"]
  ).example(["url": "http://proxy.example:3128"]).named("Proxy")

  private static let authentication: Schema = {
    func form(
      _ kind: String, _ members: KeyValuePairs<String, Schema>,
      optional: KeyValuePairs<String, Schema> = [:]
    ) -> Schema {
      Schema.sent(["kind": .exactly(kind)], required: ["kind"])
        .including(members).including(required: [], optional)
    }
    let text = Schema.string(1...1024)
    let password = secret(0...4096)
    return Schema.one(of: [
      form("basic", ["user": .string(1...1024, pattern: "^[^:]*$"), "password": password]),
      form("digest", ["user": text, "password": password]),
      form("ntlm", ["user": text, "password": password]),
      form("bearer", ["token": password]),
      form(
        "oauth2", ["token_url": text, "client_id": text, "client_secret": password],
        optional: ["scopes": Schema.array(of: .string(1...256), count: 0...32).nullable]),
      form(
        "aws_sigv4",
        [
          "region": .string(1...1024, pattern: token), "service": .string(1...1024, pattern: token),
          "access_key": text, "secret_key": password,
        ], optional: ["session_token": secret(1...4096).nullable]),
    ]).described("How the agent authenticates; `kind` says which form it is.")
      .example(["kind": "basic", "user": "monitor", "password": "a password"])
      .named("HTTPAuthentication")
  }()
}
