import AgentCore
import CLinux
import Conditions
import Curl
import DNS
import Linux
import Model
import Resolving

/// One target's probes, one after the other, and what libcurl tells of the one that runs.
///
/// Belongs to the prober's thread. Idle until `begin`, running until `end`.
final class ProbeTransfer {
  /// Bytes of all heads of one probe together.
  static let headLimit = 256 << 10

  private(set) var target: AssignedTarget
  /// The "probe now" this is for; `nil` for a scheduled target.
  let request: (id: ProbeRequestID, deadlineMs: UInt32)?
  /// The set and the place in it of a canary, which makes no record; `nil` for all else.
  let canary: (set: UInt64, index: Int)?
  /// The number in the schedule; -1 for a "probe now" and for a canary.
  let entry: Int
  let rules: AddressRules
  let captures: CapturePool

  private var setup: ProbeSetup?
  var matcher: ContentMatcher?
  /// What the check demands of an answer beside; `nil` where it has no conditions.
  private(set) var conditions: ConditionTest?

  // What the prober keeps here about the probe that runs.
  var runningIndex = -1
  var isWaiting = false
  var waitingSinceUs: Int64 = 0
  /// What it waits for while it runs.
  var work = Work.none
  /// Whether it counts among those that hold a connection.
  var holdsRoom = false
  var inFlight = InFlightIndex(rawValue: -1)
  private(set) var startedAtMs: Int64 = 0
  private(set) var startedUs: Int64 = 0
  var isReportedOverdue = false
  // And about those before.
  var slowness = Slowness()
  var isFailing = false
  /// Takes the target's place when the probe that runs has ended.
  var successor: AssignedTarget?
  var isRemoved = false

  // What the callbacks note about the probe that runs.
  var headBytes = 0
  var bodyBytes: UInt64 = 0
  var stop: ProbeFacts.Stop?
  var isLeavingForRedirect = false
  var refusal: (address: PeerAddress, rule: AddressRule)?
  var hasTriedAddress = false
  var socketErrno: Int32 = 0
  private(set) var redirects: UInt32 = 0
  private(set) var redirectedTo: CurlURL?
  /// When the present request of the probe began, after its start.
  private(set) var hopOffsetUs: Int64 = 0
  private var hasRunOut = false
  private(set) var isLimitedByDeadline = false
  /// The addresses that its present request has tried.
  var attempts = ConnectAttempts()
  /// What its target said; `nil` before the first line of an answer.
  var capture: AnswerCapture?
  /// How its last request ended.
  private(set) var endCode = CurlCode.ok

  // What is known of its lookups.
  /// How long the lookup of the present request's name took.
  private(set) var lookupUs: Int64 = 0
  /// A line for each question that was put to name servers, if it is worth telling.
  private(set) var lookupLines: [String] = []
  /// The entry of libcurl's that its present request made, to be forgotten afterwards.
  private(set) var resolvedName: String?
  /// What a probe without libcurl found.
  var answer: ProbeAnswer?

  init(
    _ target: AssignedTarget, entry: Int, rules: AddressRules, captures: CapturePool,
    request: (id: ProbeRequestID, deadlineMs: UInt32)? = nil,
    canary: (set: UInt64, index: Int)? = nil
  ) {
    self.canary = canary
    self.target = target
    self.entry = entry
    self.rules = rules
    self.captures = captures
    self.request = request
    isLimitedByDeadline = request.map { $0.deadlineMs < target.timeoutMs } ?? false
  }

  /// Takes over the idle handle of another transfer with the same question, so that a "probe now"
  /// of a scheduled target makes none of its own, and the target none after it.
  func take(from other: ProbeTransfer) {
    guard setup == nil, other.runningIndex < 0, let setup = other.setup,
      !isLimitedByDeadline, !other.isLimitedByDeadline,
      (request?.deadlineMs ?? .max) >= target.timeoutMs,
      other.target.timeoutMs == target.timeoutMs, other.target.question == target.question
    else { return }
    self.setup = setup
    matcher = other.matcher
    conditions = other.conditions
    setup.handle.delegate = self
    other.setup = nil
  }

  /// Frees what an idle target can make anew.
  func dropHandle() {
    setup = nil
  }

  /// Gives the idle target another question.
  func replace(with target: AssignedTarget) {
    self.target = target
    setup = nil
    matcher = nil
    conditions = nil
  }

  /// A probe that was due and does not begin.
  func wasNotBegun(startedAtMs: Int64, nowUs: Int64) {
    self.startedAtMs = startedAtMs
    startedUs = nowUs
  }

  func takeForConditions(_ body: UnsafeRawBufferPointer) {
    conditions?.take(body, from: captures)
  }

  /// Gives back what only a probe that runs needs much memory for.
  func restConditions() { conditions?.rest(giving: captures) }

  /// The handle of the probe that runs.
  var handle: EasyHandle? { setup?.handle }

  // MARK: A probe's life

  /// What a probe waits for.
  enum Work {
    case none
    /// Name servers.
    case lookup(Resolver.Token)
    case libcurl
  }

  /// What a probe does next.
  enum Step {
    /// It has ended, and here is how.
    case finish(ProbeRecord)
    case resolve(String, AddressFamily)
    case ask(DNSQuestion)
    case transfer
  }

  /// Makes everything ready for a probe.
  func begin(
    startedAtMs: Int64, nowUs: Int64, agent: AgentID, configuration: ProberConfiguration
  ) -> Step {
    self.startedAtMs = startedAtMs
    startedUs = nowUs
    isReportedOverdue = false
    headBytes = 0
    bodyBytes = 0
    stop = nil
    isLeavingForRedirect = false
    refusal = nil
    hasTriedAddress = false
    socketErrno = 0
    redirects = 0
    redirectedTo = nil
    hopOffsetUs = 0
    lookupUs = 0
    if !lookupLines.isEmpty { lookupLines = [] }
    hasRunOut = false
    answer = nil
    attempts.clear()
    endCode = .ok
    matcher?.reset()
    conditions?.reset(giving: captures)

    guard let check else {
      guard case .notUnderstood(_, let reason, _) = target.question else {
        return .finish(unasked("the target has no check", nowUs: nowUs))
      }
      return .finish(
        unasked(
          "the agent does not understand the check: " + reason, .agentNotUnderstood, nowUs: nowUs))
    }
    do throws(ProbeSetup.Unusable) {
      if case .dns(let check) = check { return .ask(try question(check)) }
      if setup == nil { setup = try prepare(check, agent: agent, configuration: configuration) }
    } catch {
      return .finish(unasked(error.reason, nowUs: nowUs))
    }
    setup?.header?.set(startedAtMs: startedAtMs)
    setup?.handle.forgetCertificate()
    return setup.map { firstStep($0.url, check.common.family) } ?? .transfer
  }

  private func prepare(
    _ check: Check, agent: AgentID, configuration: ProberConfiguration
  ) throws(ProbeSetup.Unusable) -> ProbeSetup {
    let setup = try ProbeSetup.make(target, check, agent: agent, configuration: configuration)
    do {
      try setup.handle.listen(self)
      if isLimitedByDeadline {
        try setup.handle.set(.timeoutMs, Int(max(1, effectiveLimitMs)))
      }
    } catch {
      throw ProbeSetup.Unusable(reason: "the probe can't be set up: \(error)")
    }
    if case .http(let check) = check {
      let matcher = ContentMatcher(check)
      self.matcher = matcher.isEmpty ? nil : matcher
    }
    try prepareConditions(check)
    return setup
  }

  func prepareConditions(_ check: Check) throws(ProbeSetup.Unusable) {
    // What a redirect or a full table dropped beside the handle need not be compiled anew.
    if conditions == nil { conditions = try ConditionTest(check) }
  }

  /// Looks at a request that has ended.
  ///
  /// - Returns: what the probe does next: its end, or the request to which it was redirected.
  func next(after code: CurlCode, nowUs: Int64) -> Step {
    guard let next = redirect(after: code, nowUs: nowUs) else {
      return .finish(end(code, nowUs: nowUs))
    }
    return firstStep(next, check?.common.family ?? .any)
  }

  /// Turns to the next request where there is one; `nil` where the probe has ended.
  private func redirect(after code: CurlCode, nowUs: Int64) -> CurlURL? {
    guard let setup, case .check(.http(let check)) = target.question, check.maxRedirects > 0,
      code == .ok || isLeavingForRedirect
    else { return nil }
    let status = setup.handle.info(.status)
    guard Self.isRedirect(status), let location = setup.handle.header("Location") else {
      return nil
    }
    guard redirects < check.maxRedirects else {
      stop = .tooManyRedirects
      return nil
    }
    let from = redirectedTo ?? setup.url
    guard let next = CurlURL(location, relativeTo: from) else {
      stop = .redirectUnreadable
      return nil
    }
    guard next.scheme == "http" || next.scheme == "https" else {
      stop = .redirectScheme(next.scheme)
      return nil
    }
    let elapsedUs = nowUs - startedUs
    let limitMs = Int64(effectiveLimitMs)
    guard elapsedUs < limitMs * 1_000 else {
      hasRunOut = true
      return nil
    }
    do {
      try follow(to: next, from: from, status: status, check, setup.handle)
      try setup.handle.set(.timeoutMs, Int(max(1, limitMs - elapsedUs / 1_000)))
    } catch {
      stop = .redirectUnreadable
      return nil
    }
    noteRedirect(status, to: next, setup.handle)
    redirects += 1
    redirectedTo = next
    hopOffsetUs = elapsedUs
    bodyBytes = 0
    isLeavingForRedirect = false
    refusal = nil
    hasTriedAddress = false
    matcher?.reset()
    conditions?.reset(giving: captures)
    return next
  }

  /// The record of the probe, which has ended with its last request.
  func end(_ code: CurlCode, nowUs: Int64) -> ProbeRecord {
    guard let setup, let check else {
      return unasked("the probe was not set up", nowUs: nowUs)
    }
    endCode = code
    let timings = setup.handle.timings
    let facts = facts(hasRunOut ? .timedOut : code, timings, setup)
    var outcome: Outcome
    switch check {
    case .http(let check):
      outcome = Judgement.outcome(
        of: facts, under: check, content: matcher ?? ContentMatcher(HTTPCheck(url: "")))
    case .tcp(let check):
      outcome = Judgement.outcome(of: facts, under: check)
    case .udp, .icmp, .dns, .tls, .grpc, .websocket:
      return unasked("the probe was not set up", nowUs: nowUs)
    }
    if outcome.isUp, let conditions {
      let found = judge(conditionFacts(facts, timings, setup), by: conditions)
      // What is degraded by its limits stays so where the conditions find nothing worse.
      if found != .up { outcome = found }
    }
    var record = ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(facts.totalUs),
      phases: timings.connect > 0 ? phases(timings) : nil, outcome: outcome,
      status: facts.status == 0 ? nil : facts.status, certificateDays: facts.certificateDays,
      request: request?.id)
    if request != nil || outcome.failure != nil { record.address = decidingAddress }
    return record
  }

  /// The record of a probe that libcurl had no part in.
  func record(of answer: ProbeAnswer) -> ProbeRecord {
    self.answer = answer
    var outcome = answer.outcome
    if outcome.isUp, let conditions {
      let found = judge(answer.facts, by: conditions)
      if found != .up { outcome = found }
    }
    var record = ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(answer.totalUs),
      phases: answer.phases, outcome: outcome, status: answer.status,
      certificateDays: answer.certificateDays, request: request?.id)
    if request != nil || outcome.failure != nil { record.address = answer.address }
    return record
  }

  /// The record of a probe that did not ask, for a reason of the agent's own.
  func unasked(
    _ detail: String, _ reason: Reason = .agentFailed, nowUs: Int64
  ) -> ProbeRecord {
    ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(nowUs - startedUs),
      outcome: Judgement.couldNotAsk(detail, reason), request: request?.id)
  }

  // MARK: Inside

  /// The limit on the whole probe, that of a "probe now" included.
  var effectiveLimitMs: UInt32 {
    isLimitedByDeadline ? min(target.timeoutMs, request?.deadlineMs ?? .max) : target.timeoutMs
  }

  static func isRedirect(_ status: Int) -> Bool {
    switch status {
    case 301, 302, 303, 307, 308: true
    default: false
    }
  }

  // MARK: Names

  /// What a request begins with.
  private func firstStep(_ url: CurlURL, _ family: AddressFamily) -> Step {
    guard IPAddress(text: url.host) == nil else { return .transfer }
    return .resolve(url.host, family)
  }

  /// Takes the addresses of the name that the next request goes to.
  ///
  /// - Parameter forgetting: entries of libcurl's that are needed no more.
  /// - Returns: the record, where the probe ends here.
  func resolved(
    _ resolution: Resolution, forgetting old: [String], nowUs: Int64
  ) -> ProbeRecord? {
    let elapsedUs = nowUs - startedUs
    lookupUs = elapsedUs - hopOffsetUs
    hopOffsetUs = elapsedUs
    if resolution.failure != nil || resolution.attempts.count > 2 {
      lookupLines += resolution.attempts.map { "\($0)" }
    }
    guard let setup else { return unasked("the probe was not set up", nowUs: nowUs) }
    if let failure = resolution.failure { return unresolved(failure, nowUs: nowUs) }
    let url = redirectedTo ?? setup.url
    let limitUs = Int64(effectiveLimitMs) * 1_000
    guard elapsedUs < limitUs else { return unresolved(.timeout, nowUs: nowUs) }
    do {
      let name = "\(url.host):\(url.port ?? 80)"
      let lines = HeaderList()
      for name in old { try lines.append("-" + name) }
      let addresses = resolution.addresses.map { $0.isIPv6 ? "[\($0)]" : "\($0)" }
      try lines.append("\(name):" + addresses.joined(separator: ","))
      resolvedName = name
      try setup.handle.set(resolutions: lines)
      try setup.handle.set(.timeoutMs, Int(max(1, (limitUs - elapsedUs) / 1_000)))
    } catch {
      return unasked("the probe can't be set up: \(error)", nowUs: nowUs)
    }
    return nil
  }

  /// The record of a probe whose name was not resolved.
  private func unresolved(_ failure: LookupFailure, nowUs: Int64) -> ProbeRecord {
    var outcome = Outcome.failed(
      Failure(failure.reason, detail: Judgement.excerpt("\(failure)", limit: 240)))
    if failure.reason == .dnsTimeout, isLimitedByDeadline {
      outcome = Judgement.couldNotAsk(
        "the request's deadline of \(effectiveLimitMs) ms passed before the name was resolved",
        .agentDeadline)
    }
    return ProbeRecord(
      slot: target.slot, startedAtMs: startedAtMs, total: Self.tenths(nowUs - startedUs),
      outcome: outcome, request: request?.id)
  }

  /// Gives the entry of libcurl's that is needed no more.
  func takeResolvedName() -> String? {
    defer { resolvedName = nil }
    return resolvedName
  }

  /// Turns the handle to the next request, as browsers do (RFC 9110 section 15.4).
  private func follow(
    to next: CurlURL, from: CurlURL, status: Int, _ check: HTTPCheck, _ handle: EasyHandle
  ) throws(CurlError) {
    try handle.set(.url, next.text)
    try handle.set(.dnsCacheSeconds, next.hostIsAddress ? 60 : 0)
    if next.scheme == "https" { try handle.watchCertificate() }
    // The check's own headers may carry secrets; they stay with the origin they were written for.
    if !next.hasOrigin(of: from) { try handle.set(headers: nil) }
    let becomesGet =
      status == 303 ? check.method != "HEAD" : status <= 302 && check.method == "POST"
    if becomesGet {
      try handle.set(.isGet, 1)
      try handle.set(.method, nil)
    }
  }

  private func facts(
    _ code: CurlCode, _ timings: TransferTimings, _ setup: ProbeSetup
  ) -> ProbeFacts {
    var facts = ProbeFacts(
      curlCode: UInt8(truncatingIfNeeded: min(code.rawValue, 255)),
      stage: Self.stage(timings, hasBegunTLS: setup.handle.hasBegunTLS),
      totalUs: hopOffsetUs + timings.total, limitMs: effectiveLimitMs, stop: stop,
      hasFollowedRedirects: redirects > 0)
    facts.status = UInt16(clamping: setup.handle.info(.status))
    if let seconds = setup.handle.secondsOfCertificateLeft {
      facts.certificateDays = Int32(
        clamping: seconds >= 0 ? seconds / 86_400 : (seconds + 1) / 86_400 - 1)
    }
    guard code != .ok else { return facts }
    // libcurl has nothing to look up.
    if facts.stage == .start { facts.stage = .resolved }
    if code == .timedOut, isLimitedByDeadline { facts.stop = .deadline }
    if let refusal, !hasTriedAddress {
      facts.refusal = AddressRefusal(address: refusal.address.text, rule: refusal.rule)
    }
    let errno = socketErrno != 0 ? socketErrno : connectErrno(setup.handle)
    facts.trouble = ConnectionTrouble(errno: errno)
    let verification = setup.handle.info(.verifyResult)
    // 1 stands there from the start of a handshake until the chain has been looked at.
    if verification > 1 {
      facts.chainError = EasyHandle.verificationText(verification)
      facts.chainCode = verification
    }
    facts.wantsTLS = (redirectedTo ?? setup.url).scheme == "https"
    return facts
  }

  private static func stage(
    _ timings: TransferTimings, hasBegunTLS: Bool
  ) -> ProbeFacts.Stage {
    if timings.firstByte > 0 { return .answering }
    if timings.tls > 0 { return .encrypted }
    if timings.connect > 0 || hasBegunTLS { return .connected }
    return timings.nameLookup > 0 ? .resolved : .start
  }

  private func phases(_ timings: TransferTimings) -> Phases {
    let dns = Self.tenths(hopOffsetUs + timings.nameLookup)
    let connect = max(dns, Self.tenths(hopOffsetUs + timings.connect))
    let tls = max(connect, Self.tenths(hopOffsetUs + timings.tls))
    let firstByte = max(tls, Self.tenths(hopOffsetUs + timings.firstByte))
    return Phases(dns: dns, connect: connect, tls: tls, firstByte: firstByte)
  }

  static func tenths(_ us: Int64) -> UInt32 { UInt32(clamping: us / 100) }
}
