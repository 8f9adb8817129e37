import JSON
import Model

/// Checks over a connection: TLS, TCP, gRPC, WebSocket.
extension CheckSchema {
  static let tlsWishes: Schema = Schema.sent([
    "insecure": flag("Whether any certificate is believed."),
    "server_name": Schema.string(1...253).nullable.described("The name to ask and verify for."),
    "ca": Schema.string(1...16384).nullable.described(
      "PEM of the authorities to believe in place of the agent's own."),
    "certificate": Schema.string(1...16384).nullable.described(
      "PEM of the certificate to show; together with `key`."),
    "key": secret(1...16384).nullable.described("PEM of its key, not encrypted."),
    "min_version": Schema.words(TLSVersion.allCases.map(\.word)).nullable.byDefault("1.2"),
  ]).example(["min_version": "1.3"]).named("TLSWishes").nullable

  private static let startTLS = Schema.words(StartTLS.allCases.map(\.word)).nullable.described(
    "Turns to TLS in the protocol's own words.")

  static let tcp = form(
    .tcp, required: ["host", "port"],
    [
      "host": host, "port": port, "tls": tlsWishes, "start_tls": startTLS, "script": script,
      "degraded_below_certificate_days": certificateDays,
    ],
    description: "A connection, TLS where asked for, and what is said over it.",
    examples: [
      [
        "kind": "tcp", "host": "mail.example.org", "port": 25, "start_tls": "smtp",
        "script": [["send": "NOOP\r\n"], ["expect": "^250"]],
      ]
    ])

  static let tls = form(
    .tls, required: ["host", "port"],
    [
      "host": host, "port": port, "tls": tlsWishes, "start_tls": startTLS,
      "ocsp_staple": flag("Whether a good stapled status is demanded."),
      "degraded_below_certificate_days": certificateDays,
    ],
    description: "A handshake, and its certificates.",
    examples: [
      [
        "kind": "tls", "host": "example.org", "port": 443, "degraded_below_certificate_days": 14,
      ]
    ])

  static let grpc = form(
    .grpc, required: ["host", "port"],
    [
      "host": host, "port": port,
      "service": Schema.string(0...255).nullable.byDefault("").described(
        "The service that is asked for; without one, the server as a whole."),
      "plaintext": flag("Whether there is no TLS; `tls` can't stand beside it."), "tls": tlsWishes,
      "metadata": headers, "degraded_below_certificate_days": certificateDays,
    ],
    description: "The health service of gRPC.",
    examples: [["kind": "grpc", "host": "api.example.org", "port": 443, "service": "shop.Cart"]])

  static let websocket = form(
    .websocket, required: ["url"],
    [
      "url": Schema.string(1...2048, pattern: "^[wW][sS][sS]?://[!-~]+$").example(
        "wss://example.org/feed"),
      "headers": headers,
      "subprotocols": Schema.array(of: .string(1...64, pattern: token), count: 0...8).nullable,
      "tls": tlsWishes, "script": script,
      "close_code": Schema.integer(1000...4999).nullable.described(
        "The code by which the target must close behind the script."),
      "degraded_below_certificate_days": certificateDays,
    ],
    description: "An upgrade, and messages.",
    examples: [
      ["kind": "websocket", "url": "wss://example.org/feed", "script": [["expect": "hello"]]]
    ])
}
