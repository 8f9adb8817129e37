import JSON
import Model

/// Checks by datagrams: DNS, UDP, ICMP.
extension CheckSchema {
  static let dns = form(
    .dns, required: ["name"],
    [
      "name": Schema.string(1...1024).example("example.org"),
      "type": Schema.string(1...16).nullable.byDefault("A").example("MX"),
      "servers": Schema.array(of: .string(1...1024), count: 0...8).nullable.described(
        "Hosts with or without a port; without any, those of the agent's host. Over `https` a whole "
          + "URL, too."),
      "zone": Schema.string(1...1024).nullable.described(
        "Asks each server that this zone names, in place of `servers`."),
      "each": flag("Whether every server must answer as demanded."),
      "transport": Schema.words(DNSCheck.Transport.allCases.map(\.word)).nullable
        .byDefault("udp"),
      "recursion": flag("Whether the server is to ask others.", byDefault: true),
      "rcode": Schema.array(of: .string(1...16), count: 0...16).nullable.byDefault(["NOERROR"]),
      "answers": .any(of: [
        .words(["some", "none"]), answers("any", "One of these is among the records."),
        answers("all", "All of these are."), answers("exactly", "These and no others are."), .null,
      ]),
      "authoritative": flag("Whether the answer must be authoritative."),
      "dnssec": flag("Whether the answer must be verified (the AD bit)."),
      "ttl": Schema.sent([
        "min": Schema.integer(0...Int64(Int32.max)).nullable,
        "max": Schema.integer(0...Int64(Int32.max)).nullable,
      ]).nullable.described("Within which bounds, in seconds, the records' lives must be."),
      "serials_agree": flag("Whether all servers must have the same serial."),
      "tls": tlsWishes,
    ],
    description: "Name servers, over UDP, TCP, TLS or HTTPS.",
    examples: [
      [
        "kind": "dns", "name": "example.org", "type": "MX", "servers": ["192.0.2.53"],
        "answers": ["all": ["10 mail.example.org"]],
      ]
    ])

  private static func answers(_ name: String, _ description: String) -> Schema {
    let texts = Schema.array(of: .string(0...1024), count: 0...32)
    let members: Schema =
      switch name {
      case "any": .sent(["any": texts], required: ["any"])
      case "all": .sent(["all": texts], required: ["all"])
      default: .sent(["exactly": texts], required: ["exactly"])
      }
    return members.described(description)
  }

  static let udp = form(
    .udp, required: ["host", "port"],
    [
      "host": host, "port": port,
      "send": Schema.string(0...1200).nullable.described(
        "What is sent: this or `send_base64` is required, and not empty."),
      "send_base64": base64(1200),
      "expect": Schema.string(1...4096).nullable.described(
        "A pattern that the answer must match; without one the target is up unless its host says "
          + "that nothing listens."),
    ],
    description: "A datagram, and its answer.",
    examples: [["kind": "udp", "host": "example.org", "port": 7, "send": "ping", "expect": "^p"]])

  static let icmp = form(
    .icmp, required: ["host"],
    [
      "host": host,
      "packets": Schema.integer(1...20).nullable.byDefault(3),
      "spacing_ms": Schema.integer(20...5000).nullable.byDefault(200),
      "size_bytes": Schema.integer(16...1400).nullable.byDefault(56),
      "max_loss_percent": Schema.integer(0...99).nullable.byDefault(99),
    ],
    description: "Echo requests.",
    examples: [["kind": "icmp", "host": "example.org", "packets": 3]])
}
