import JSON

/// What a target's text asks for.
enum TargetWords {
  /// The forms, for help and errors.
  static let forms = """
      https://HOST/PATH, http://...   an http check
      wss://HOST/PATH, ws://...       a websocket check
      HOST:PORT, tcp://HOST:PORT      a tcp connection
      tls://HOST[:PORT]               a TLS handshake and its certificates
      grpcs://HOST[:PORT][/SERVICE]   a gRPC health check; grpc:// in plain text
      dns://NAME[/TYPE][@SERVER]      a question to name servers
      icmp://HOST                     echo requests
    """

  /// The document of the check that a person means.
  ///
  /// - Parameter takesHosts: whether a host alone means its page over https.
  static func check(_ target: String, takesHosts: Bool = false) throws(CLIError) -> JSONObject {
    let parts = target.utf8.firstRange(of: "://".utf8)
    let scheme = parts.map { target[..<$0.lowerBound].lowercased() } ?? ""
    let rest = parts.map { String(target[$0.upperBound...]) } ?? target
    var check = JSONObject()
    switch scheme {
    case "http", "https":
      check["kind"] = "http"
      check["url"] = .string(target)
    case "ws", "wss":
      check["kind"] = "websocket"
      check["url"] = .string(target)
    case "tcp": check = try address("tcp", rest, usual: nil, target)
    case "udp": check = try address("udp", rest, usual: nil, target)
    case "tls": check = try address("tls", rest, usual: 443, target)
    case "icmp", "ping":
      check["kind"] = "icmp"
      check["host"] = .string(bare(trimmed(rest)))
    case "grpc", "grpcs":
      let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/"))
      check = try address(
        "grpc", slash.map { String(rest[..<$0]) } ?? rest, usual: scheme == "grpcs" ? 443 : nil,
        target)
      if let slash { check["service"] = .string(String(rest[rest.utf8.index(after: slash)...])) }
      if scheme == "grpc" { check["plaintext"] = true }
    case "dns": check = question(rest)
    case "":
      if split(target).port != nil, !target.utf8.contains(UInt8(ascii: "/")) {
        check = try address("tcp", target, usual: nil, target)
      } else if takesHosts {
        check["kind"] = "http"
        check["url"] = .string("https://\(target)/")
      } else {
        throw unknown(target)
      }
    default: throw unknown(target)
    }
    return check
  }

  private static func unknown(_ target: String) -> CLIError {
    CLIError(.usage, "\(DisplayText.escaped(target)) is no target; these are:\n\(forms)")
  }

  /// `host:port`, or the host where there is a usual port.
  private static func address(
    _ kind: String, _ text: String, usual: Int64?, _ target: String
  ) throws(CLIError) -> JSONObject {
    let parts = split(trimmed(text))
    guard let port = parts.port ?? usual else {
      throw CLIError(
        .usage, "\(DisplayText.escaped(target)) names no port: write \(kind)://HOST:PORT")
    }
    var check = JSONObject()
    check["kind"] = .string(kind)
    check["host"] = .string(parts.host)
    check["port"] = .integer(port)
    return check
  }

  /// `name/TYPE@server`.
  private static func question(_ text: String) -> JSONObject {
    var check = JSONObject()
    check["kind"] = "dns"
    var name = text
    if let at = name.utf8.lastIndex(of: UInt8(ascii: "@")) {
      check["servers"] = .strings([String(name[name.utf8.index(after: at)...])])
      name = String(name[..<at])
    }
    if let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) {
      let type = name[name.utf8.index(after: slash)...]
      if !type.isEmpty { check["type"] = .string(String(type)) }
      name = String(name[..<slash])
    }
    check["name"] = .string(name)
    return check
  }

  /// Without a last slash.
  private static func trimmed(_ text: String) -> String {
    text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// An IPv6 address without its brackets.
  private static func bare(_ host: String) -> String {
    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
  }

  private static func split(_ text: String) -> (host: String, port: Int64?) {
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
      let port = UInt16(text[text.utf8.index(after: colon)...])
    else { return (bare(text), nil) }
    let host = String(text[..<colon])
    // An IPv6 address without brackets, and no port.
    guard host.hasPrefix("[") || !host.utf8.contains(UInt8(ascii: ":")) else { return (text, nil) }
    return (bare(host), Int64(port))
  }
}
