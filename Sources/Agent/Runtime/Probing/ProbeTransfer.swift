import AgentCore
import Conversing
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
  /// Whether `request` is somebody's who tries a check: it makes no record either.
  let isTry: Bool
  /// The number in the schedule; -1 for a "probe now", a try and a canary.
  let entry: Int
  let rules: AddressRules
  let captures: CapturePool
  /// The probe that this one is a half of; `nil` for a probe of its own. It outlives its halves' probes.
  unowned let whole: ProbeTransfer?
  /// Its halves, where its target is asked over both families; it then asks nothing itself.
  private(set) var pair: ProbePair?

  var setup: ProbeSetup?
  /// What it asks for with a handle from the pool; `nil` for what needs one of its own. Found out by
  /// its first probe.
  private var shared: PooledRequest?
  private var isSharingKnown = false
  /// The token that the probe's present request asks for.
  var fetch: TokenFetch?
  /// The token that its request carried, and whether this probe fetched one.
  var usedToken: String?
  var hasFetched = false
  /// Keeps the target's connection from probe to probe, where the check wishes it.
  private var keeper: ConnectionKeeper?
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
  /// Whether an answer's head has begun and its end has not come.
  var isWithinHead = false
  /// Whether what is known of a kept connection was noted for the present request.
  var hasNotedSession = false
  var bodyBytes: UInt64 = 0
  var stop: ProbeFacts.Stop?
  var isLeavingForRedirect = false
  var refusal: (address: PeerAddress, rule: AddressRule)?
  var hasTriedAddress = false
  var socketErrno: Int32 = 0
  private(set) var redirects: UInt32 = 0
  private(set) var redirectedTo: CurlURL?
  /// Whether a redirect has changed options of the handle.
  private(set) var isHandleAltered = false
  /// When the present request of the probe began, after its start.
  var hopOffsetUs: Int64 = 0
  var hasRunOut = false
  /// Whether the last answer redirects to where the way is to end.
  var hasArrived = false
  private(set) var isLimitedByDeadline = false
  /// The addresses that its present request has tried.
  var attempts = ConnectAttempts()
  private(set) var isGRPC = false
  /// What a gRPC target said; `nil` for other kinds.
  var grpc: GRPCAnswer?
  /// Decodes the answer's body; `nil` where it is not encoded.
  var decoder: BodyDecoder?
  var hasBody = false
  /// Bytes of an encoded body that were read.
  var encodedBytes = 0
  /// What its target said; `nil` before the first line of an answer.
  var capture: AnswerCapture?
  /// How its last request ended.
  var endCode = CurlCode.ok

  // What is known of its lookups.
  /// How long the lookup of the present request's name took.
  var lookupUs: Int64 = 0
  /// What was found out about the names that its requests went to, in order.
  var lookups: [Resolution] = []
  /// More are not kept.
  static let mostLookups = 8
  /// The entry of libcurl's that its present request made, to be forgotten afterwards.
  var resolvedName: String?
  /// What a probe without libcurl found.
  var answer: ProbeAnswer?
  /// What is said to the target without libcurl; `nil` for kinds that libcurl asks.
  private(set) var conversation: ConversationSetup?
  /// Where the probe that runs finds its target.
  var addresses: [IPAddress] = []

  init(
    _ target: AssignedTarget, entry: Int, rules: AddressRules, captures: CapturePool,
    request: (id: ProbeRequestID, deadlineMs: UInt32)? = nil,
    canary: (set: UInt64, index: Int)? = nil, isTry: Bool = false, whole: ProbeTransfer? = nil
  ) {
    self.canary = canary
    self.isTry = isTry
    self.whole = whole
    self.target = target
    self.entry = entry
    self.rules = rules
    self.captures = captures
    self.request = request
    isLimitedByDeadline = request.map { $0.deadlineMs < target.timeoutMs } ?? false
    pair = ProbePair.of(self)
  }

  /// Whether what it finds is recorded.
  var makesRecord: Bool { canary == nil && !isTry }

  /// Takes over what is known of another target with the same question.
  func learn(from other: ProbeTransfer) {
    guard pair == nil, other.target.question == target.question else { return }
    other.findShared()
    shared = other.shared
    isSharingKnown = other.isSharingKnown
  }

  /// Finds out, once, what it asks for with a handle from the pool.
  private func findShared() {
    guard !isSharingKnown else { return }
    guard case .http(let check) = check, HandlePool.mayShare(check), let url = CurlURL(check.url)
    else {
      isSharingKnown = true
      return
    }
    // Where there is no room for it, there may be another time.
    shared = captures.handles.request(of: check, at: url)
    isSharingKnown = shared != nil
  }

  /// Takes over the idle handle of another transfer with the same question, where that has one of its
  /// own, so that a "probe now" of a scheduled target makes none, and uses the connection that is kept.
  func take(from other: ProbeTransfer) {
    if other.runningIndex < 0, let pair, let others = other.pair { pair.take(from: others) }
    guard setup == nil, other.runningIndex < 0, let setup = other.setup, setup.shape == nil,
      !isLimitedByDeadline, !other.isLimitedByDeadline,
      (request?.deadlineMs ?? .max) >= target.timeoutMs,
      other.target.timeoutMs == target.timeoutMs, other.target.question == target.question
    else { return }
    self.setup = setup
    matcher = other.matcher
    conditions = other.conditions
    keeper = other.keeper
    setup.handle.listen(for: self)
    other.setup = nil
  }

  /// Frees what an idle target can make anew.
  func dropHandle() {
    setup = nil
    pair?.dropHandles()
  }

  /// Gives the idle target another question.
  func replace(with target: AssignedTarget) {
    self.target = target
    setup = nil
    shared = nil
    isSharingKnown = false
    conversation = nil
    keeper = nil
    matcher = nil
    conditions = nil
    pair = ProbePair.of(self)
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
    case conversation(Conversations.Token)
  }

  /// What a probe does next.
  enum Step {
    /// It has ended, and here is how.
    case finish(ProbeRecord)
    case resolve(String, AddressFamily)
    case ask(DNSQuestion)
    /// Connects, and asks.
    case transfer
    /// Leaves all of it to its halves.
    case beginHalves(ProbePair)
  }

  /// Makes everything ready for a probe.
  func begin(
    startedAtMs: Int64, nowUs: Int64, agent: AgentID, configuration: ProberConfiguration
  ) -> Step {
    self.startedAtMs = startedAtMs
    startedUs = nowUs
    isReportedOverdue = false
    if let pair { return .beginHalves(pair) }
    headBytes = 0
    isWithinHead = false
    hasNotedSession = false
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
    addresses = []
    forgetNames()
    hasRunOut = false
    isHandleAltered = false
    answer = nil
    hasArrived = false
    attempts.clear()
    endCode = .ok
    decoder = nil
    hasBody = false
    encodedBytes = 0
    isGRPC = if case .check(.grpc) = target.question { true } else { false }
    grpc = isGRPC ? GRPCAnswer() : nil
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
      if conversation == nil { conversation = try ConversationSetup(check) }
      if conversation != nil {
        try prepareConditions(check)
        return requestStep
      }
      if setup == nil {
        setup = try takeHandle(check)
        if setup == nil {
          setup = try prepare(check, agent: agent, configuration: configuration)
        }
      }
      setup?.handle.forgetCertificate()
      try prepareRequest(nowUs: nowUs)
    } catch {
      setup = nil
      return .finish(unasked(error.reason, nowUs: nowUs))
    }
    if setup?.plan?.check.proxy != nil {
      // A token's endpoint may come first.
      for url in [CurlURL(check.target), requestURL].compactMap(\.self) {
        guard let refusal = ruleBehindProxy(url) else { continue }
        return .finish(
          unasked(
            "the agent has no proxy connect to \(refusal.address): \(refusal.rule.reason)",
            .agentAddressRefused, nowUs: nowUs))
      }
    }
    return requestStep
  }

  /// A handle that asks what this target is asked, but for the URL.
  private func takeHandle(_ check: Check) throws(ProbeSetup.Unusable) -> ProbeSetup? {
    findShared()
    guard case .http(let check) = check, let shared, let setup = captures.handles.take(shared.shape)
    else { return nil }
    try prepareContent(check)
    do {
      try setup.serve(slot: target.slot, shared, timeoutMs: effectiveLimitMs)
    } catch {
      throw ProbeSetup.Unusable(reason: "the probe can't be set up: \(error)")
    }
    setup.handle.listen(for: self)
    return setup
  }

  private func prepare(
    _ check: Check, agent: AgentID, configuration: ProberConfiguration
  ) throws(ProbeSetup.Unusable) -> ProbeSetup {
    if case .http(let check) = check, check.keepsConnection, keeper == nil {
      keeper = try? ConnectionKeeper()
    }
    let setup = try ProbeSetup.make(
      target, check, agent: agent, configuration: configuration, keeper: keeper)
    do {
      try setup.handle.listen(self)
      if isLimitedByDeadline {
        try setup.handle.set(.timeoutMs, Int(max(1, effectiveLimitMs)))
      }
    } catch {
      throw ProbeSetup.Unusable(reason: "the probe can't be set up: \(error)")
    }
    if case .http(let check) = check {
      try prepareContent(check)
    } else {
      try prepareConditions(check)
    }
    if conditions?.wantsStaple == true { setup.handle.askForStaple() }
    setup.shape = shared?.shape
    return setup
  }

  private func prepareContent(_ check: HTTPCheck) throws(ProbeSetup.Unusable) {
    if matcher == nil, !check.contains.isEmpty || !check.absent.isEmpty {
      let made = ContentMatcher(check)
      matcher = made.isEmpty ? nil : made
    }
    if !check.conditions.isEmpty { try prepareConditions(.http(check)) }
  }

  func prepareConditions(_ check: Check) throws(ProbeSetup.Unusable) {
    // What a redirect or a full table dropped beside the handle need not be compiled anew.
    if conditions == nil { conditions = try ConditionTest(check) }
  }

  /// Looks at a request that has ended.
  ///
  /// - Returns: what the probe does next: its end, or its next request.
  func next(after code: CurlCode, nowUs: Int64) -> Step {
    continues(after: code, nowUs: nowUs) ? requestStep : .finish(end(code, nowUs: nowUs))
  }

  /// Turns to the next request where there is one: after a redirect, or for a token or after it.
  private func continues(after code: CurlCode, nowUs: Int64) -> Bool {
    if let goesOn = continuesForToken(after: code, nowUs: nowUs) { return goesOn }
    guard let setup, let check = setup.plan?.check, check.maxRedirects > 0,
      code == .ok || isLeavingForRedirect
    else { return false }
    let status = setup.handle.info(.status)
    guard Self.isRedirect(status), let location = setup.handle.header("Location") else {
      return false
    }
    let from = redirectedTo ?? setup.url
    let place = CurlURL(location, relativeTo: from)
    if let place, arrives(at: place) {
      hasArrived = true
      return false
    }
    guard redirects < check.maxRedirects else {
      stop = .tooManyRedirects
      return false
    }
    guard let next = place else {
      stop = .redirectUnreadable
      return false
    }
    guard next.scheme == "http" || next.scheme == "https" else {
      stop = .redirectScheme(next.scheme)
      return false
    }
    if let rule = ruleBehindProxy(next) {
      stop = .redirectRefused(rule)
      return false
    }
    guard hasTimeLeft(nowUs: nowUs) else {
      hasRunOut = true
      return false
    }
    isHandleAltered = true
    do {
      try setup.handle.set(.dnsCacheSeconds, ProbeSetup.cacheSeconds(for: next))
      try self.setup?.turn(to: next, from: from, status: status, token: usedToken)
      try limit(setup.handle, nowUs: nowUs)
    } catch {
      stop = .redirectUnreadable
      return false
    }
    noteRedirect(status, to: next, setup.handle)
    redirects += 1
    redirectedTo = next
    beginHop(nowUs: nowUs)
    return true
  }

  /// The probe begins its way anew, with another token.
  func forgetRedirects() {
    redirects = 0
    redirectedTo = nil
  }

  /// Another request of the probe begins.
  func beginHop(nowUs: Int64) {
    hopOffsetUs = nowUs - startedUs
    hasNotedSession = false
    lookupUs = 0
    bodyBytes = 0
    decoder = nil
    hasBody = false
    encodedBytes = 0
    isLeavingForRedirect = false
    stop = nil
    refusal = nil
    hasTriedAddress = false
    socketErrno = 0
    matcher?.reset()
    conditions?.reset(giving: captures)
  }

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
}
