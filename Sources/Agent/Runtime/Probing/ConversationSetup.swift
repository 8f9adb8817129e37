import AgentCore
import Conditions
import Curl
import Dialogue
import Model

/// What a check says to its target without libcurl, made ready for one target.
struct ConversationSetup {
  /// The name or address that is resolved.
  let host: String
  /// Without addresses and limit, which each probe has its own.
  private let plan: ConversationPlan
  let kind: ProbeKind

  /// Throws where the agent can't ask it; `nil` for a check that libcurl or the resolver makes.
  init?(_ check: Check) throws(ProbeSetup.Unusable) {
    switch check {
    case .http, .grpc, .dns: return nil
    case .tcp(let check):
      host = check.host
      kind = .tcp
      plan = .stream(
        StreamPlan(
          addresses: [], port: check.port, limitUs: 0,
          tls: check.tls.map { Self.tls($0, host: check.host, startTLS: check.startTLS) },
          script: try Self.script(check.script)))
    case .tls(let check):
      host = check.host
      kind = .tls
      var tls = Self.tls(check.tls, host: check.host, startTLS: check.startTLS)
      tls.wantsStatus = check.needsStatus
      plan = .stream(StreamPlan(addresses: [], port: check.port, limitUs: 0, tls: tls))
    case .udp(let check):
      host = check.host
      kind = .udp
      var expectation: AwaitedText?
      if let pattern = check.expectation { expectation = try Self.awaited(pattern) }
      plan = .datagram(
        DatagramPlan(
          addresses: [], port: check.port, limitUs: 0, payload: check.payload,
          expectation: expectation, resends: 1))
    case .icmp(let check):
      host = check.host
      kind = .icmp
      plan = .echo(
        EchoPlan(
          addresses: [], limitUs: 0, count: Int(check.packets),
          intervalUs: Int64(check.spacingMs) * 1_000, timeoutUs: ConversationPlan.longestUs,
          size: Int(check.size), lossLimitPermille: Int(check.mostLossPercent) * 10 + 9))
    case .websocket(let check):
      guard let url = CurlURL(check.url), url.scheme == "ws" || url.scheme == "wss",
        !url.host.isEmpty
      else { throw ProbeSetup.Unusable(reason: "the URL can't be read") }
      host = url.host
      kind = .websocket
      let isSecure = url.scheme == "wss"
      plan = .stream(
        StreamPlan(
          addresses: [], port: url.port ?? (isSecure ? 443 : 80), limitUs: 0,
          tls: isSecure ? Self.tls(check.tls, host: url.host, startTLS: nil) : nil,
          webSocket: try Self.webSocket(check, url)))
    }
  }

  /// What is said in one probe.
  func plan(addresses: [IPAddress], limitUs: Int64) -> ConversationPlan {
    switch plan {
    case .stream(var plan):
      plan.addresses = addresses
      plan.limitUs = limitUs
      return .stream(plan)
    case .datagram(var plan):
      plan.addresses = addresses
      plan.limitUs = limitUs
      return .datagram(plan)
    case .echo(var plan):
      plan.addresses = addresses
      plan.limitUs = limitUs
      return .echo(plan)
    // No check is one.
    case .trace: return plan
    }
  }

  static func tls(_ wishes: TLSWishes, host: String, startTLS: StartTLS?) -> TLSPlan {
    let name = wishes.serverName ?? host
    var plan = TLSPlan(serverName: name, verifyName: name)
    plan.verifies = wishes.verifies
    plan.minimum =
      switch wishes.leastVersion {
      case .tls10: .tls10
      case .tls11: .tls11
      case .tls12: .tls12
      case .tls13: .tls13
      }
    if let authorities = wishes.authorities { plan.authorities = .pem(authorities) }
    if let certificate = wishes.certificate, let key = wishes.key {
      plan.identity = TLSPlan.Identity(certificates: certificate, key: key)
    }
    plan.startTLS = startTLS.flatMap { StartTLSProtocol(rawValue: $0.word) }
    return plan
  }

  private static func awaited(_ pattern: String) throws(ProbeSetup.Unusable) -> AwaitedText {
    do throws(PatternError) {
      return .pattern(try LinearPattern(parsing: pattern))
    } catch {
      throw ProbeSetup.Unusable(
        reason: "the agent does not understand the check's pattern: \(error)")
    }
  }

  private static func script(
    _ steps: [ScriptStep]
  ) throws(ProbeSetup.Unusable) -> [StreamStep] {
    var script: [StreamStep] = []
    for step in steps {
      switch step {
      case .send(let bytes): script.append(.send(bytes))
      case .expect(let pattern): script.append(.expect(try awaited(pattern)))
      }
    }
    return script
  }

  private static func webSocket(
    _ check: WebSocketCheck, _ url: CurlURL
  ) throws(ProbeSetup.Unusable) -> WebSocketPlan {
    let isUsual = url.port == nil || url.port == (url.scheme == "wss" ? 443 : 80)
    let name = url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host
    var plan = WebSocketPlan(host: isUsual ? name : "\(name):\(url.port ?? 0)")
    let text = url.text.utf8
    if let start = text.firstRange(of: "://".utf8)?.upperBound,
      let slash = text[start...].firstIndex(where: {
        $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?")
      })
    {
      let end = text[slash...].firstIndex(of: UInt8(ascii: "#")) ?? text.endIndex
      let path = String(url.text[slash..<end])
      plan.path = path.hasPrefix("/") ? path : "/" + path
    }
    for header in check.headers {
      if header.name.lowercased() == "origin" {
        plan.origin = header.value
      } else {
        plan.headers.append(WebSocketPlan.Header(header.name, header.value))
      }
    }
    plan.subprotocols = check.subprotocols
    for step in check.script {
      switch step {
      case .send(let bytes):
        let isText = String(validating: bytes, as: UTF8.self) != nil
        plan.steps.append(isText ? .sendText(bytes) : .sendBinary(bytes))
      case .expect(let pattern): plan.steps.append(.expect(try awaited(pattern)))
      }
    }
    if let code = check.closeCode { plan.steps.append(.expectClose(code: code)) }
    return plan
  }
}
