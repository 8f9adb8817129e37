import AgentCore
import Conditions
import Curl
import Model
import OpenSSL

extension ProbeTransfer {
  /// What the probe learned, as conditions ask for it.
  func conditionFacts(
    _ facts: ProbeFacts, _ timings: TransferTimings, _ setup: ProbeSetup
  ) -> ConditionFacts {
    let isHTTP = if case .check(.http) = target.question { true } else { false }
    let isGRPC = grpc != nil
    var found = ConditionFacts(kind: isHTTP ? .http : isGRPC ? .grpc : .tcp)
    found.isConnected = timings.connect > 0
    found.responseTimeMs = facts.totalUs / 1_000
    found.dnsTimeMs = (lookupUs + timings.nameLookup) / 1_000
    found.connectTimeMs = max(0, timings.connect - timings.nameLookup) / 1_000
    found.address = decidingAddress?.description
    guard isHTTP || isGRPC else { return found }
    let secured = max(timings.connect, timings.tls)
    if timings.tls > 0 { found.tlsTimeMs = max(0, timings.tls - timings.connect) / 1_000 }
    found.firstByteTimeMs = max(0, timings.firstByte - secured) / 1_000
    if showsCertificate(setup) { addTLS(setup.handle, to: &found) }
    add(head: &found)
    if let grpc {
      found.grpcStatus = grpc.status.map { Int64($0) }
      found.body = grpc.message ?? []
      return found
    }
    found.status = facts.status == 0 ? nil : Int64(facts.status)
    found.redirects = Int64(redirects)
    found.finalURL = (redirectedTo ?? setup.url).text
    guard let body = conditions?.body else { return found }
    found.body = body
    found.isBodyCut = facts.stop == .bodyLimit
    // Of a body that was cut off it is known that there is more than was read.
    found.bodySize = Int64(clamping: bodyBytes)
    if conditions?.list.facts.contains(.bodyDigest) == true, !found.isBodyCut {
      found.bodyDigest = try? SHA256.digest(body)
    }
    return found
  }

  /// Adds what TLS showed, as far as conditions ask for it.
  private func addTLS(_ handle: EasyHandle, to found: inout ConditionFacts) {
    found.tlsVersion = handle.tlsVersion
    found.tlsCipher = handle.tlsCipher
    guard let seconds = handle.secondsOfCertificateLeft else { return }
    var certificate = ConditionFacts.Certificate()
    certificate.expiresInMs = seconds * 1_000
    defer { found.certificate = certificate }
    guard conditions?.readsChain == true, let chain = handle.certificateChain else { return }
    let all = chain.certificates
    certificate.chainExpiresInMs = all.compactMap(\.secondsLeft).min().map { $0 * 1_000 }
    certificate.ocspStatus = handle.stapledVerdict.word
    guard let leaf = all.first else { return }
    certificate.subject = leaf.subject
    certificate.issuer = leaf.issuer
    certificate.names = leaf.names
    certificate.serial = leaf.serial
    certificate.digest = leaf.digest
  }

  /// Puts the conditions to what was learned; what could not be kept whole says nothing.
  func judge(_ facts: ConditionFacts, by test: ConditionTest) -> Outcome {
    if test.isStarved {
      return Judgement.couldNotAsk(
        "no memory for the body that conditions ask about", .agentNoMemory)
    }
    if capture?.isHeadCut == true, test.list.facts.contains(.headers) {
      return Judgement.couldNotAsk(
        "the answer's headers are longer than conditions can be put to", .agentUnsupported)
    }
    return Judgement.outcome(of: facts, under: test.list)
  }

  /// Adds what the last answer's head says: its version and its headers.
  private func add(head found: inout ConditionFacts) {
    guard let lines = capture?.head.split(whereSeparator: { $0 == 10 || $0 == 13 }) else { return }
    for (index, line) in lines.enumerated() {
      if index == 0, line.starts(with: "HTTP/".utf8) {
        let version = line.dropFirst(5).prefix { $0 != 0x20 }
        found.httpVersion = String(decoding: version, as: UTF8.self)
        continue
      }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 9 }
      found.headers.append(
        ConditionFacts.Header(
          name: String(decoding: line[..<colon], as: UTF8.self),
          value: String(decoding: value, as: UTF8.self)))
    }
  }
}
