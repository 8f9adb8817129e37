import AgentCore
import Curl
import DNS
import Model
import Resolving

/// A question to a name server over HTTPS: one POST to one address (RFC 8484), whose answer is bounded.
///
/// Belongs to the prober's thread; it and its handle are used once.
final class QuestionRequest: TransferDelegate {
  /// As long as a message may be: one that does not fit is none.
  static let bodyLimit = 65_535
  /// The handle's tag, where other handles have the place of their probe.
  static let tag = -1

  /// Why a question can't be asked: a sentence.
  struct Unusable: Error {
    let reason: String
  }

  let number: UInt64
  let handle: EasyHandle
  private let rules: AddressRules
  private let limitMs: UInt32
  /// Whether it has a certificate to show.
  private let hasCertificate: Bool
  private var body: [UInt8] = []
  private var headBytes = 0
  private var stop: ProbeFacts.Stop?
  private var refusal: AddressRefusal?
  private var socketErrno: Int32 = 0

  init(
    _ question: CarriedQuestion, _ identity: ServerAddress.Identity, _ rules: AddressRules,
    _ configuration: ProberConfiguration
  ) throws(Unusable) {
    number = question.number
    self.rules = rules
    limitMs = UInt32(clamping: max(1, question.limitUs / 1_000))
    hasCertificate = question.tls.certificate != nil
    do {
      handle = try EasyHandle()
      try Self.prepare(handle, question, identity, limitMs, configuration)
    } catch let error as Unusable {
      throw error
    } catch let error as ProbeSetup.Unusable {
      throw Unusable(reason: error.reason)
    } catch {
      throw Unusable(reason: "the question can't be set up: \(error)")
    }
  }

  private static func prepare(
    _ handle: EasyHandle, _ question: CarriedQuestion, _ identity: ServerAddress.Identity,
    _ limitMs: UInt32, _ configuration: ProberConfiguration
  ) throws {
    let port = question.server.port
    func authority(_ host: String) -> String {
      let host = host.hasSuffix(".") ? String(host.dropLast()) : host
      return (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host)
        + (port == 443 ? "" : ":\(port)")
    }
    let name = question.tls.serverName ?? identity.host
    guard let url = CurlURL("https://\(authority(name))\(identity.path)") else {
      throw Unusable(reason: "the name server's URL can't be read")
    }
    try ProbeSetup.setCommon(handle, timeoutMs: limitMs, url: url, family: .any)
    try handle.set(.protocols, "https")
    try handle.set(.followRedirects, 0)
    try handle.set(.httpVersion, CurlNumber.http2OverTLS)
    try handle.set(.userAgent, configuration.userAgent)
    try ProbeSetup.setTrust(handle, question.tls, configuration)
    try ProbeSetup.setCertificate(handle, question.tls)
    // The name is resolved: nothing but this address is connected to, whoever is asked for.
    let address = question.server.address
    try handle.set(connectTo: "::\(address.isIPv6 ? "[\(address)]" : "\(address)"):")
    try handle.watchCertificate(address: url.hostIsAddress ? name : nil)
    let headers = HeaderList()
    try headers.append("Content-Type: \(Judgement.questionMediaType)")
    try headers.append("Accept: \(Judgement.questionMediaType)")
    if question.tls.serverName != nil { try headers.append("Host: \(authority(identity.host))") }
    try handle.set(headers: headers)
    try handle.set(body: question.message)
    handle.tag = tag
  }

  /// Sends it; its end is told by the handle that it runs in.
  func begin(in multi: MultiHandle) throws(Unusable) {
    do {
      try handle.listen(self)
      try multi.add(handle)
    } catch {
      throw Unusable(reason: "the question can't be begun: \(error)")
    }
  }

  /// What came of it.
  func answer(_ code: CurlCode) -> CarriedAnswer {
    let failure = Judgement.failure(
      ofQuestion: facts(code), contentType: handle.header("Content-Type"))
    return failure.map { .failed($0) } ?? .message(body)
  }

  private func facts(_ code: CurlCode) -> ProbeFacts {
    let timings = handle.timings
    var facts = ProbeFacts(
      curlCode: UInt8(truncatingIfNeeded: min(code.rawValue, 255)),
      stage: ProbeTransfer.stage(timings, hasBegunTLS: handle.hasBegunTLS),
      status: UInt16(clamping: handle.info(.status)), totalUs: timings.total, limitMs: limitMs,
      refusal: refusal, stop: stop)
    guard code != .ok else { return facts }
    // There is nothing to look up.
    facts.stage = max(facts.stage, .resolved)
    facts.wantsTLS = true
    let errno =
      socketErrno != 0 ? socketErrno : Int32(truncatingIfNeeded: handle.info(.connectErrno))
    facts.trouble = ConnectionTrouble(errno: errno)
    facts.certificateDays = handle.secondsOfCertificateLeft.map {
      Int32(clamping: $0 >= 0 ? $0 / 86_400 : ($0 + 1) / 86_400 - 1)
    }
    let verification = handle.info(.verifyResult)
    // 1 stands there from the start of a handshake until the chain has been looked at.
    if verification > 1 {
      facts.chainError = EasyHandle.verificationText(verification)
      facts.chainCode = verification
    }
    let end = handle.tlsEnd
    facts.tlsTrouble = TLSTrouble(
      alert: end.alert, reason: end.reason, lacksCertificate: end.lacksCertificate,
      hasCertificate: hasCertificate)
    return facts
  }

  // MARK: What libcurl tells

  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool {
    headBytes += line.count
    guard headBytes <= ProbeTransfer.headLimit else {
      stop = .headLimit(bytes: ProbeTransfer.headLimit)
      return false
    }
    return true
  }

  func transfer(_ handle: EasyHandle, received bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= Self.bodyLimit - body.count else {
      stop = .bodyLimit
      return false
    }
    body += bytes
    return true
  }

  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool {
    guard let rule = rules.refusal(of: address) else { return true }
    refusal = AddressRefusal(address: address.text, rule: rule)
    return false
  }

  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {
    socketErrno = errno
  }
}
