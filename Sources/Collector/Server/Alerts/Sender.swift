public import Alerts
public import Curl

/// Sends one request after the other, each to its end: no redirects, bounded time and answer, TLS
/// verified, addresses judged.
///
/// Not `Sendable`: it belongs to the thread that sends.
public final class Sender {
  /// How requests are sent.
  public struct Configuration: Hashable, Sendable {
    public var receivers: ReceiverGuard
    /// The longest that one attempt takes, and its connecting alone, ms.
    public var timeoutMs: Int = 15_000
    public var connectMs: Int = 10_000
    /// The longest that a mail server's reply takes: also that to the goodbye, after the attempt's end.
    public var replySeconds: Int = 12
    /// The file of the authorities that are believed, PEM; `nil` for the system's.
    public var authorities: String?
    /// How mail servers are greeted.
    public var host: String

    public init(receivers: ReceiverGuard, host: String, authorities: String? = nil) {
      self.receivers = receivers
      self.host = host
      self.authorities = authorities
    }
  }

  private let configuration: Configuration
  private let handle: EasyHandle

  public init(_ configuration: Configuration) throws(CurlError) {
    self.configuration = configuration
    handle = try EasyHandle()
  }

  /// Sends and waits for what comes of it.
  ///
  /// A mail that is refused for good is sent once more, to those whom its server takes it for: one
  /// mailbox that is gone must not silence the others. What is refused for now is not, since all get it
  /// later.
  public func send(_ request: OutgoingRequest) -> Attempt {
    let start = ContinuousClock.now
    let attempt = send(request, timeoutMs: configuration.timeoutMs)
    guard case .mail(let mail) = request, mail.recipients.count > 1,
      case .mail(500..<600, _) = attempt.answer
    else { return attempt }
    let passed = start.duration(to: .now).components
    let left = configuration.timeoutMs - Int(passed.seconds * 1_000)
    guard left > 1_000 else { return attempt }
    return send(request, timeoutMs: left, allowsRefusedRecipients: true)
  }

  private func send(
    _ request: OutgoingRequest, timeoutMs: Int, allowsRefusedRecipients: Bool = false
  ) -> Attempt {
    let reader = AnswerReader(configuration.receivers)
    defer { handle.listen(for: nil) }
    do {
      try handle.reset()
      try prepare(reader)
      try handle.set(.timeoutMs, timeoutMs)
      switch request {
      case .http(let request): try set(request)
      case .mail(let mail):
        try set(mail)
        try handle.set(.someRecipients, allowsRefusedRecipients ? 1 : 0)
      }
    } catch {
      return Attempt(
        answer: .none(reason: "the request can't be made: \(error.text)"), mayHaveArrived: false)
    }
    let code = withExtendedLifetime(reader) { handle.perform() }
    return switch request {
    case .http: attempt(http: reader, code)
    case .mail: attempt(mail: reader, code, isInPart: allowsRefusedRecipients)
    }
  }

  /// The host of an address, as mail servers are greeted by it.
  public static func host(of origin: String) -> String? {
    CurlURL(origin).flatMap { $0.host.isEmpty || $0.hostIsAddress ? nil : $0.host }
  }

  private func prepare(_ reader: AnswerReader) throws(CurlError) {
    try handle.listen(reader)
    try handle.keepErrorText()
    try handle.set(.noSignal, 1)
    try handle.set(.quickExit, 1)
    try handle.set(.connectTimeoutMs, configuration.connectMs)
    try handle.set(.followRedirects, 0)
    try handle.set(.proxy, "")
    try handle.set(.caPath, nil)
    if let file = configuration.authorities { try handle.set(.caFile, file) }
    try handle.set(.verifyPeer, 1)
    try handle.set(.verifyHost, 2)
    try handle.set(.tlsVersion, CurlNumber.tls12)
    // A connection that was kept may be cut as it is used, and then nobody knows what arrived.
    try handle.set(.forbidReuse, 1)
  }

  private func set(_ request: OutgoingHTTP) throws(CurlError) {
    try handle.set(.protocols, "http,https")
    try handle.set(.url, request.url)
    try handle.set(.httpVersion, CurlNumber.http2OverTLS)
    let headers = HeaderList()
    for header in request.headers { try headers.append("\(header.name): \(header.value)") }
    // Nobody is asked whether he wants the body.
    try headers.append("Expect:")
    try handle.set(headers: headers)
    try handle.set(body: request.body)
    try handle.set(.method, request.method)
  }

  private func set(_ mail: OutgoingMail) throws(CurlError) {
    let host = mail.host.utf8.contains(UInt8(ascii: ":")) ? "[\(mail.host)]" : mail.host
    try handle.set(.replySeconds, configuration.replySeconds)
    let scheme = mail.security == .tls ? "smtps" : "smtp"
    try handle.set(.protocols, scheme)
    try handle.set(.url, "\(scheme)://\(host):\(mail.port)/\(configuration.host)")
    try handle.set(
      .upgrade, mail.security == .none ? CurlNumber.noUpgrade : CurlNumber.requireTLS)
    if let credentials = mail.credentials {
      try handle.set(.user, credentials.user)
      try handle.set(.password, credentials.password)
    }
    try handle.set(.mailFrom, mail.sender)
    let recipients = HeaderList()
    for recipient in mail.recipients { try recipients.append(recipient) }
    try handle.set(mailRecipients: recipients)
    try handle.set(upload: mail.bytes)
  }

  private func attempt(http reader: AnswerReader, _ code: CurlCode) -> Attempt {
    let status = handle.info(.status)
    // Who has answered has answered, even where the rest of it never came, or is too long.
    guard status >= 200, code == .ok || reader.isHeadWhole else { return unanswered(reader, code) }
    let answer = HTTPAnswer(status: status, headers: reader.headers, body: reader.body)
    return Attempt(answer: .http(answer), mayHaveArrived: false)
  }

  private func attempt(
    mail reader: AnswerReader, _ code: CurlCode, isInPart: Bool
  ) -> Attempt {
    let status = handle.info(.status)
    // A server that says yes to all that came before has said nothing of the mail yet.
    guard code == .ok || status >= 400 else { return unanswered(reader, code) }
    if code == .ok {
      // Where all were taken, what a server objected to was of no account.
      return Attempt(
        answer: .mail(code: 250, text: isInPart ? reader.objection : ""), mayHaveArrived: false)
    }
    return Attempt(answer: .mail(code: status, text: reader.objection), mayHaveArrived: false)
  }

  private func unanswered(_ reader: AnswerReader, _ code: CurlCode) -> Attempt {
    let words: String
    if let refusal = reader.refusal {
      words = refusal
    } else {
      words = handle.errorText.isEmpty ? code.text : handle.errorText
    }
    return Attempt(answer: .none(reason: words), mayHaveArrived: handle.timings.requestSent > 0)
  }
}
