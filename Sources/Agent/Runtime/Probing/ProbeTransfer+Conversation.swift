import AgentCore
import Conditions
import Dialogue
import Linux
import Model

/// Probes that are conversations: what came of one, as a record.
extension ProbeTransfer {
  /// The record of a conversation that has ended.
  ///
  /// - Parameter nowUs: agent time, against which certificates are judged.
  func record(of report: ConversationReport, nowUs: Int64) -> ProbeRecord {
    guard let conversation else { return unasked("the probe was not set up", nowUs: nowUs) }
    let totalUs = hopOffsetUs + report.totalUs
    var answer = ProbeAnswer(
      conversation.kind, outcome: report.failure.map { .failed($0) } ?? .up, totalUs: totalUs)
    if let failure = report.failure, failure.failureClass == .timeout, isLimitedByDeadline {
      answer.outcome = Judgement.couldNotAsk(
        "the request's deadline of \(effectiveLimitMs) ms passed before the check's own limit",
        .agentDeadline)
    }
    answer.address = report.address
    answer.phases = phases(of: report)
    let nowSeconds = nowUs / 1_000_000
    if let expiry = report.tls?.earliestExpiry {
      let seconds = expiry - nowSeconds
      answer.certificateDays = Int32(
        clamping: seconds >= 0 ? seconds / 86_400 : (seconds + 1) / 86_400 - 1)
    }
    let responseUs = report.echo?.averageUs ?? totalUs
    learn(report, responseUs: responseUs, nowSeconds: nowSeconds, into: &answer)
    if answer.outcome.isUp, let slow = slowness(responseUs) { answer.outcome = .degraded(slow) }
    if answer.outcome == .up, let least = leastCertificateDays, let days = answer.certificateDays,
      Int64(days) < Int64(least)
    {
      answer.outcome = .degraded(
        Failure(
          .tlsExpiresSoon,
          detail: "a certificate of the chain expires in \(days) days, sooner than \(least)"))
    }
    tell(report, nowSeconds: nowSeconds, in: &answer.evidence)
    return record(of: answer)
  }

  private var leastCertificateDays: UInt32? {
    switch check {
    case .tcp(let check): check.degradedBelowCertificateDays
    case .tls(let check): check.degradedBelowCertificateDays
    case .websocket(let check): check.degradedBelowCertificateDays
    default: nil
    }
  }

  private func phases(of report: ConversationReport) -> Phases? {
    let dns = Self.tenths(hopOffsetUs)
    if let averageUs = report.echo?.averageUs {
      // Of echoes the answer's time is the mean round trip.
      let answered = Self.tenths(hopOffsetUs + averageUs)
      return Phases(dns: dns, connect: dns, tls: dns, firstByte: answered)
    }
    guard let connectedUs = report.connectedUs else { return nil }
    let connect = max(dns, Self.tenths(hopOffsetUs + connectedUs))
    let tls = max(connect, report.tlsUs.map { Self.tenths(hopOffsetUs + $0) } ?? 0)
    let firstByte = max(tls, report.firstByteUs.map { Self.tenths(hopOffsetUs + $0) } ?? 0)
    return Phases(dns: dns, connect: connect, tls: tls, firstByte: firstByte)
  }

  /// What conditions may ask about.
  private func learn(
    _ report: ConversationReport, responseUs: Int64, nowSeconds: Int64,
    into answer: inout ProbeAnswer
  ) {
    answer.facts.responseTimeMs = responseUs / 1_000
    answer.facts.isConnected = report.connectedUs != nil || report.receivedCount > 0
    answer.facts.dnsTimeMs = lookupUs / 1_000
    answer.facts.address = report.address?.description
    answer.facts.connectTimeMs = report.connectedUs.map { $0 / 1_000 }
    if let tlsUs = report.tlsUs, let connectedUs = report.connectedUs {
      answer.facts.tlsTimeMs = (tlsUs - connectedUs) / 1_000
    }
    if let firstByteUs = report.firstByteUs {
      let sinceUs = max(report.tlsUs ?? 0, report.connectedUs ?? 0)
      answer.facts.firstByteTimeMs = max(0, firstByteUs - sinceUs) / 1_000
    }
    let bodyCount = max(0, report.receivedCount - (report.head?.upperBound ?? 0))
    answer.facts.body = Array(report.body)
    answer.facts.isBodyCut = bodyCount > report.body.count
    answer.facts.bodySize = Int64(bodyCount)
    answer.facts.closeCode = report.closeCode.map { Int64($0) }
    if answer.facts.kind == .websocket, report.failure == nil { answer.facts.status = 101 }
    if let echo = report.echo {
      answer.facts.isConnected = echo.received > 0
      answer.facts.packetLoss = Int64(echo.lossPermille / 10)
      answer.facts.jitterMs = echo.jitterUs.map { $0 / 1_000 }
    }
    guard let tls = report.tls else { return }
    answer.facts.tlsVersion = tls.version.isEmpty ? nil : tls.version
    answer.facts.tlsCipher = tls.cipher.isEmpty ? nil : tls.cipher
    guard let leaf = tls.chain.first else { return }
    var certificate = ConditionFacts.Certificate()
    certificate.expiresInMs = (leaf.notAfter - nowSeconds) * 1_000
    certificate.chainExpiresInMs = tls.earliestExpiry.map { ($0 - nowSeconds) * 1_000 }
    certificate.subject = leaf.subject
    certificate.issuer = leaf.issuer
    certificate.names = leaf.names
    certificate.serial = leaf.serial
    certificate.digest = Self.bytes(hexadecimal: leaf.fingerprint)
    certificate.ocspStatus =
      switch tls.status {
      case .good: "good"
      case .revoked: "revoked"
      case .unknown: "unknown"
      case .absent, .invalid: nil
      }
    answer.facts.certificate = certificate
  }

  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  // MARK: Evidence

  private func tell(
    _ report: ConversationReport, nowSeconds: Int64, in evidence: inout ProbeEvidence
  ) {
    tellNames(in: &evidence)
    if let address = report.address { evidence.address = Array(words(address).utf8) }
    let isWorthTelling = report.attempts.count > 1 || report.connectedUs == nil
    if isWorthTelling {
      evidence.add(
        attempts: report.attempts.map { "connect \(words($0.address)): \(Self.words($0.end))" })
    }
    if let echo = report.echo {
      evidence.add(
        body: "\(echo.received) of \(echo.sent) answered; round trips in microseconds: least "
          + "\(echo.leastUs ?? 0), mean \(echo.averageUs ?? 0), most \(echo.mostUs ?? 0), "
          + "jitter \(echo.jitterUs ?? 0)\n")
    }
    let head = HeadExcerpt(report.keptHead, isCut: report.body.isEmpty)
    evidence.headers = head.headers
    evidence.presence = head.presence
    if evidence.bodyExcerpt.isEmpty {
      evidence.bodyExcerpt = Array(report.body.prefix(ProbeEvidence.bodyLimit))
    }
    for (index, certificate) in (report.tls?.chain ?? []).enumerated() {
      evidence.add(
        certificate: "\(index): subject \(certificate.subject); issuer \(certificate.issuer); "
          + "names \(certificate.names.prefix(10).joined(separator: " ")); "
          + "expires in \((certificate.notAfter - nowSeconds) / 86_400) days; "
          + "\(certificate.keyType) \(certificate.keyBits), \(certificate.signatureAlgorithm); "
          + "SHA-256 \(certificate.fingerprint)")
    }
  }

  /// As the evidence of http probes has it.
  private func words(_ address: IPAddress) -> String {
    "\(address.isIPv6 ? "ipv6" : "ipv4") \(address)" + (conversationPort.map { " \($0)" } ?? "")
  }

  private var conversationPort: UInt16? {
    switch conversation?.plan(addresses: [], limitUs: 0) {
    case .stream(let plan): plan.port
    case .datagram(let plan): plan.port
    case .echo, .trace, nil: nil
    }
  }

  /// What a trace sends: what lets the probe through, where that was a connection.
  var traceMeans: TracePlan.Means {
    switch conversation?.plan(addresses: [], limitUs: 0) {
    case .stream(let plan): .tcp(port: plan.port)
    // What is said to a service by datagrams would not be understood, or would.
    case .datagram, .echo, .trace, nil: .udp
    }
  }

  private static func words(_ end: ConnectAttempt.End) -> String {
    switch end {
    case .open: "no connection"
    case .connected: "connected"
    case .abandoned: "left for another"
    case .barred(let rule): "not permitted, \(rule.reason)"
    case .failed(let trouble):
      switch trouble {
      case .connection(.refused): "Connection refused"
      case .connection(.reset): "Connection reset by peer"
      case .connection(.timedOut): "Connection timed out"
      case .connection(.unreachable(let text)), .connection(.own(let text)),
        .connection(.other(let text)), .connection(.noDescriptors(let text)),
        .descriptors(let text), .memory(let text), .notAllowed(let text):
        text
      }
    }
  }
}
