import DNS
import Linux
import Model

/// Takes what a resolver has found, on the loop's thread.
public protocol ResolverDelegate: AnyObject {
  /// What was asked for under `token` is here. Called from `turn` alone, once a token; it may ask for
  /// more and cancel others.
  func resolver(_ resolver: Resolver, found result: Resolver.Result, for token: Resolver.Token)
}

/// Finds addresses and asks name servers, without a thread: the loop that owns it watches one
/// descriptor and one time, and calls `turn`.
///
/// Not `Sendable`: it belongs to the loop's thread.
public final class Resolver {
  /// Names one thing that was asked for.
  public struct Token: Hashable, Sendable {
    let number: UInt64
  }

  public enum Result: Hashable, Sendable {
    /// Of `resolve`.
    case resolved(Resolution)
    /// Of `ask`.
    case answered(LookupReport)
    /// Of `check`.
    case judged(DNSVerdict)
  }

  /// Whoever wants an answer: a caller by its token, or a part of a check.
  enum Owner {
    case caller(Token)
    case check(UInt64, part: Int)
  }

  /// Not retained; must live at least as long as `turn` is called. So must `carrier`.
  public unowned(unsafe) var delegate: (any ResolverDelegate)?
  /// Who carries the questions that are to travel encrypted; without, they fail.
  public unowned(unsafe) var carrier: (any QuestionCarrier)? {
    get { runner.carrier }
    set { runner.carrier = newValue }
  }

  let clock: AgentClock
  let files: HostFiles
  let runner: LookupRunner
  var cache: AnswerCache
  var lastNumber: UInt64 = 0
  /// Names that are being resolved.
  var searches: [UInt64: Search] = [:]
  /// No search wants to be woken before this.
  var searchWakeUs = Int64.max
  /// Questions that searches wait for, each asked once however many want it.
  var shared: [SharedQuestion: SharedLookup] = [:]
  var questions: [UInt64: SharedQuestion] = [:]
  /// Lookups that belong to one owner.
  var ownLookups: [UInt64: Owner] = [:]
  var checks: [UInt64: CheckInFlight] = [:]
  /// Turns through the system's servers, where resolv.conf asks for that.
  var rotation = 0
  private var callers: [Token: Caller] = [:]
  private var outbox: [(Token, Result)] = []
  private var begun: UInt64 = 0

  /// What a caller's token stands for.
  private enum Caller {
    case search(UInt64)
    case lookup(UInt64)
    case check(UInt64)
  }

  public init(
    _ settings: ResolverSettings = ResolverSettings(), clock: AgentClock
  ) throws(SystemError) {
    self.clock = clock
    files = HostFiles(settings)
    cache = AnswerCache(settings.cache)
    runner = try LookupRunner(room: settings.mostLookups, mostWaiting: settings.mostWaiting)
  }

  /// Watch this for `.readable`.
  public var descriptor: Int32 { runner.descriptor }

  /// When `turn` wants to be called, in agent time, even if the descriptor is silent; `nil` never.
  public var nextWakeUs: Int64? {
    if !outbox.isEmpty || runner.hasFinished { return 0 }
    let wakeUs = min(runner.wakeUs, searchWakeUs)
    return wakeUs == .max ? nil : wakeUs
  }

  public var statistics: ResolverStatistics {
    var statistics = ResolverStatistics()
    statistics.inFlight = runner.flyingCount
    statistics.waiting = runner.waitingCount
    statistics.sockets = runner.socketCount
    statistics.kept = cache.count
    statistics.begun = begun
    return statistics
  }

  // MARK: Asking

  /// Finds the addresses of a host, by its name or an address's text.
  ///
  /// - Parameter limitUs: the most that it may take.
  /// - Returns: the token for which the result comes, from a later `turn`.
  public func resolve(_ host: String, family: AddressFamily, limitUs: Int64) -> Token {
    let nowUs = refreshed()
    let token = newToken()
    let search = newNumber()
    callers[token] = .search(search)
    beginSearch(search, .caller(token), host, family, deadline(nowUs, limitUs), nowUs)
    return token
  }

  /// Puts one question to name servers. Nothing is kept or shared.
  public func ask(
    _ name: DomainName, _ type: RecordType, of servers: [ServerAddress], policy: LookupPolicy,
    limitUs: Int64
  ) -> Token {
    let nowUs = clock.nowMicroseconds()
    let token = newToken()
    let lookup = Lookup(
      name, type, servers: servers, policy: policy, deadlineUs: deadline(nowUs, limitUs))
    callers[token] = .lookup(beginOwn(lookup, .caller(token), nowUs))
    return token
  }

  /// Makes a dns check.
  ///
  /// - Parameter refusal: says why an address of a server that the check names must not be asked.
  public func check(
    _ question: DNSQuestion, limitUs: Int64,
    refusal: @escaping @Sendable (IPAddress) -> String? = { _ in nil }
  ) -> Token {
    let nowUs = refreshed()
    let token = newToken()
    let number = newNumber()
    callers[token] = .check(number)
    let check = CheckInFlight(
      token, DNSCheckRun(question, refusal: refusal), deadlineUs: deadline(nowUs, limitUs))
    checks[number] = check
    carryOut(check.run.begin(system: files.configuration.servers), number, nowUs)
    return token
  }

  /// Wants no more of what was asked for. Its result does not come.
  public func cancel(_ token: Token) {
    guard let caller = callers.removeValue(forKey: token) else { return }
    outbox.removeAll { $0.0 == token }
    let nowUs = clock.nowMicroseconds()
    switch caller {
    case .search(let number): endSearch(number, nowUs)
    case .lookup(let number): endOwn(number, nowUs)
    case .check(let number): endCheck(number, nowUs)
    }
  }

  /// What came of a question that the carrier was given. What follows from it comes from a later `turn`.
  public func carried(_ number: UInt64, _ answer: CarriedAnswer) {
    runner.carried(number, answer, nowUs: clock.nowMicroseconds())
  }

  // MARK: The loop

  /// Takes what has come, goes on where time has passed, and tells the delegate what was found. Call it
  /// when the descriptor is readable, and when `nextWakeUs` has come.
  public func turn() {
    let nowUs = clock.nowMicroseconds()
    runner.turn(nowUs: nowUs)
    wakeSearches(nowUs)
    while runner.hasFinished {
      for (number, report) in runner.takeFinished() { finished(number, report, nowUs) }
    }
    let results = outbox
    outbox = []
    for (token, result) in results where callers.removeValue(forKey: token) != nil {
      delegate?.resolver(self, found: result, for: token)
    }
  }

  /// A lookup has ended.
  private func finished(_ number: UInt64, _ report: LookupReport, _ nowUs: Int64) {
    if let question = questions.removeValue(forKey: number) {
      answer(question, report, nowUs)
    } else if let owner = ownLookups.removeValue(forKey: number) {
      switch owner {
      case .caller(let token): deliver(.answered(report), token)
      case .check(let check, let part): answered(check, part, report, nowUs)
      }
    }
  }

  func deliver(_ result: Result, _ token: Token) {
    outbox.append((token, result))
  }

  // MARK: Small things

  /// Begins a lookup; its report goes to whoever is noted for its number.
  func begin(_ lookup: Lookup, _ nowUs: Int64) -> UInt64 {
    begun += 1
    return runner.begin(lookup, nowUs: nowUs)
  }

  func beginOwn(_ lookup: Lookup, _ owner: Owner, _ nowUs: Int64) -> UInt64 {
    let number = begin(lookup, nowUs)
    ownLookups[number] = owner
    return number
  }

  func endOwn(_ number: UInt64, _ nowUs: Int64) {
    guard ownLookups.removeValue(forKey: number) != nil else { return }
    runner.cancel(number, nowUs: nowUs)
  }

  func newNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  private func newToken() -> Token { Token(number: newNumber()) }

  private func deadline(_ nowUs: Int64, _ limitUs: Int64) -> Int64 {
    nowUs + min(max(0, limitUs), 3_600_000_000)
  }

  /// The time now, after a look at the files.
  private func refreshed() -> Int64 {
    let nowUs = clock.nowMicroseconds()
    if files.refresh(nowUs: nowUs) { cache.removeAll() }
    return nowUs
  }
}
