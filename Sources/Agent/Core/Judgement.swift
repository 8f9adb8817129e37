import Model

/// What is known of a probe that has ended.
public struct ProbeFacts: Hashable, Sendable {
  /// How far the probe came.
  public enum Stage: Int, Comparable, Hashable, Sendable {
    case start, resolved, connected, encrypted, answering

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// Why the agent itself ended the transfer.
  public enum Stop: Hashable, Sendable {
    /// The body is longer than is to be read; what was read decides.
    case bodyLimit
    /// The head of the answer is longer than any head should be.
    case headLimit(bytes: Int)
    /// One redirect more than the check allows.
    case tooManyRedirects
    /// A redirect to something that is not probed; the scheme, as the target gave it.
    case redirectScheme(String)
    /// A redirect whose address can't be read.
    case redirectUnreadable
    /// A redirect, behind a proxy, to an address that the agent would not connect to.
    case redirectRefused(AddressRefusal)
    /// The deadline of a "probe now" came before the check's own limit.
    case deadline
    /// The body grows out of proportion when it is decoded.
    case bodyBomb(encoded: UInt64, decoded: UInt64)
    /// The body's encoding is broken, cut short or not known; a sentence.
    case bodyEncoding(String)
    /// The connection ended before the answer's head did.
    case headCutShort
    /// The body ended before what it was compressed to did.
    case bodyCutShort
    /// No memory for what the target sent.
    case noMemory
  }

  /// libcurl's code, 0 where it is content.
  public var curlCode: UInt8
  public var stage: Stage
  /// 0 where there was none.
  public var status: UInt16
  /// The whole check, in microseconds.
  public var totalUs: Int64
  /// The limit on the whole check that the probe ran under.
  public var limitMs: UInt32
  public var certificateDays: Int32?
  /// Why the last address that was tried did not accept a connection, or the connection broke.
  public var trouble: ConnectionTrouble?
  /// An address that the agent would not connect to, if no other address was tried.
  public var refusal: AddressRefusal?
  /// What is wrong with the certificate's chain; `nil` where the chain is good.
  public var chainError: String?
  /// The same by its number (OpenSSL's `X509_V_ERR_...`); 0 where it is not known.
  public var chainCode = 0
  /// Whether TLS was to stand before the answer.
  public var wantsTLS = false
  /// What TLS itself says of its end.
  public var tlsTrouble: TLSTrouble?
  /// Whether HTTP/2 was spoken from the first byte, and no answer of it came.
  public var lacksHTTP2 = false
  /// What the proxy says, where the check has one and it made no way.
  public var proxyTrouble: ProxyTrouble?
  /// Where the last answer redirects to, made absolute.
  public var location: String?
  /// Whether the request asked for a token and not for the target.
  public var isAboutToken = false
  public var stop: Stop?
  public var hasFollowedRedirects: Bool

  public init(
    curlCode: UInt8 = 0, stage: Stage = .answering, status: UInt16 = 0, totalUs: Int64 = 0,
    limitMs: UInt32 = 10_000, certificateDays: Int32? = nil, trouble: ConnectionTrouble? = nil,
    refusal: AddressRefusal? = nil, chainError: String? = nil, stop: Stop? = nil,
    hasFollowedRedirects: Bool = false
  ) {
    self.curlCode = curlCode
    self.stage = stage
    self.status = status
    self.totalUs = totalUs
    self.limitMs = limitMs
    self.certificateDays = certificateDays
    self.trouble = trouble
    self.refusal = refusal
    self.chainError = chainError
    self.stop = stop
    self.hasFollowedRedirects = hasFollowedRedirects
  }
}

/// Why a connection was not made or broke, by the kernel's account.
public enum ConnectionTrouble: Hashable, Sendable {
  case refused
  case reset
  case timedOut
  /// No way to the address; the kernel's words.
  case unreachable(String)
  /// The agent's host could not ask: no descriptors, no memory, no ports; the kernel's words.
  case own(String)
  /// The agent may open no more descriptors; the kernel's words.
  case noDescriptors(String)
  /// Something else; the kernel's words.
  case other(String)
}

/// What the facts of a probe mean under its check. Nothing here asks a clock, a file or a socket.
public enum Judgement {
  /// What an HTTP probe found.
  ///
  /// - Parameter content: what the matcher saw of the last answer's body; `nil` where the check wants
  ///   nothing of that.
  public static func outcome(
    of facts: ProbeFacts, under check: HTTPCheck, content: ContentMatcher?
  ) -> Outcome {
    if let failure = transferFailure(of: facts, limits: check) { return .failed(failure) }
    guard facts.status != 0 else {
      return .failed(Failure(.protocolNoStatus, detail: "the answer has no status"))
    }
    guard check.statusRanges.contains(where: { $0.contains(facts.status) }) else {
      let allowed = check.statusRanges.map { range in
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
      }
      return .failed(
        Failure(
          .httpStatus,
          detail: "status \(facts.status), where \(allowed.joined(separator: ", ")) is expected"))
    }
    if let expected = check.expectedLocation {
      let found = facts.location ?? ""
      guard (301...308).contains(facts.status), found.utf8.starts(with: expected.utf8) else {
        return .failed(
          Failure(.redirectUnexpected, detail: redirectDetail(facts, expected: expected)))
      }
    }
    if let text = content?.missing {
      let scope =
        facts.stop == .bodyLimit ? "the first \(check.bodyLimit) bytes of the body" : "the body"
      return .failed(Failure(.assertMissing, detail: "\"\(excerpt(text))\" is not in \(scope)"))
    }
    if let text = content?.unwanted {
      return .failed(Failure(.assertUnwanted, detail: "\"\(excerpt(text))\" is in the body"))
    }
    if let slow = slowness(facts, limitMs: check.degradedAboveMs) { return .degraded(slow) }
    if let short = shortness(facts, leastDays: check.degradedBelowCertificateDays) {
      return .degraded(short)
    }
    return .up
  }

  static func shortness(_ facts: ProbeFacts, leastDays: UInt32?) -> Failure? {
    guard let leastDays, let days = facts.certificateDays, Int64(days) < Int64(leastDays) else {
      return nil
    }
    return Failure(
      .tlsExpiresSoon, detail: "the certificate expires in \(days) days, sooner than \(leastDays)")
  }

  private static func redirectDetail(_ facts: ProbeFacts, expected: String) -> String {
    guard let found = facts.location, (301...308).contains(facts.status) else {
      return "status \(facts.status), where a redirect to \"\(excerpt(expected))\" is expected"
    }
    // Its query may be somebody's secret.
    var shown: [UInt8] = []
    SecretMask.append(found.utf8, to: &shown)
    return "a redirect to \"\(excerpt(String(decoding: shown, as: UTF8.self)))\", where "
      + "\"\(excerpt(expected))\" is expected"
  }

  /// What a TCP probe found.
  public static func outcome(of facts: ProbeFacts, under check: TCPCheck) -> Outcome {
    if let failure = transferFailure(of: facts, limits: nil) { return .failed(failure) }
    if let slow = slowness(facts, limitMs: check.degradedAboveMs) { return .degraded(slow) }
    return .up
  }

  /// The outcome of a probe that could not be begun, for a reason of the agent's own.
  public static func couldNotAsk(_ detail: String, _ reason: Reason = .agentFailed) -> Outcome {
    .failed(Failure(reason, detail: excerpt(detail, limit: 240)))
  }

  static func slowness(_ facts: ProbeFacts, limitMs: UInt32?) -> Failure? {
    limitMs.flatMap { slowness(totalUs: facts.totalUs, limitMs: $0) }
  }

  /// What is said of an answer that took longer than a check wishes; `nil` where it did not.
  public static func slowness(totalUs: Int64, limitMs: UInt32) -> Failure? {
    guard totalUs > Int64(limitMs) * 1_000 else { return nil }
    return Failure(.slow, detail: "took \(totalUs / 1_000) ms, longer than \(limitMs) ms")
  }

  /// Whatever kept the answer from being judged by its content.
  static func transferFailure(of facts: ProbeFacts, limits: HTTPCheck?) -> Failure? {
    if let refusal = facts.refusal {
      return Failure(
        .agentAddressRefused, curlCode: facts.curlCode,
        detail: "the agent does not connect to \(refusal.address): \(refusal.rule.reason)")
    }
    switch facts.stop {
    case .bodyLimit: return nil
    case .headLimit(let bytes):
      return Failure(.headersTooLarge, detail: "the answer's headers exceed \(bytes) bytes")
    case .tooManyRedirects:
      return Failure(.redirectTooMany, detail: "more than \(limits?.maxRedirects ?? 0) redirects")
    case .redirectScheme(let scheme):
      return Failure(
        .redirectScheme,
        detail: "a redirect to \"\(excerpt(scheme))\", which is neither http nor https")
    case .redirectUnreadable:
      return Failure(.redirectInvalid, detail: "a redirect to an address that can't be read")
    case .redirectRefused(let refusal):
      return Failure(
        .agentAddressRefused,
        detail: "the agent does not connect to \(refusal.address): \(refusal.rule.reason)")
    case .deadline:
      return Failure(
        .agentDeadline, curlCode: facts.curlCode,
        detail: "the request's deadline of \(facts.limitMs) ms passed before the check's own limit")
    case .bodyBomb(let encoded, let decoded):
      return Failure(
        .bodyBomb, detail: "\(encoded) bytes of body become more than \(decoded) when decoded")
    case .headCutShort:
      return Failure(.protocolIncomplete, detail: "the answer ended within its headers")
    case .bodyCutShort:
      return Failure(.protocolIncomplete, detail: "the compressed body was cut short")
    case .noMemory:
      return Failure(.agentNoMemory, detail: "no memory to decompress the body")
    case .bodyEncoding(let words): return Failure(.protocolEncoding, detail: words)
    case nil: break
    }
    if let trouble = facts.proxyTrouble {
      let (reason, detail) = trouble.finding
      return Failure(reason, curlCode: facts.curlCode, detail: detail)
    }
    return facts.curlCode == 0 ? nil : curlFailure(of: facts)
  }

  /// A target's text in quotation marks, cut short and made harmless.
  public static func quoted(_ text: String) -> String { "\"\(excerpt(text))\"" }

  /// At most `limit` bytes of a text, whole characters, with control characters made visible.
  public static func excerpt(_ text: String, limit: Int = 80) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      let isPlain = scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)
      // Marks that turn the direction of writing could make a sentence read as another.
      let turns =
        (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      let piece: Unicode.Scalar = isPlain && !turns ? scalar : "\u{fffd}"
      count += String(piece).utf8.count
      guard count <= limit else { return result + "…" }
      result.unicodeScalars.append(piece)
    }
    return result
  }
}
