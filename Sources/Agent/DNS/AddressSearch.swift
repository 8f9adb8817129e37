import Model

/// Finds the addresses of a name, as a value: which questions are asked at once, which names are tried
/// one after the other, and how long one family is waited for when the other is there.
public struct AddressSearch: Sendable {
  /// What is to be done. Questions are named by what they ask; each is asked once at a time.
  public enum Step: Hashable, Sendable {
    case ask(DomainName, RecordType)
    /// The answer to this is of no use any more.
    case forget(DomainName, RecordType)
    case finish(Resolution)
  }

  /// So long the other family is waited for when one has addresses: servers that are silent about AAAA
  /// exist, and a probe must not wait for them as long as for one that says nothing at all. Much longer
  /// than RFC 8305 section 3 allows a browser.
  public static let graceUs: Int64 = 250_000

  private let types: [RecordType]
  private let deadlineUs: Int64
  private var candidates: ArraySlice<DomainName>
  private var pending: [RecordType] = []
  private var answers: [RecordType: AddressAnswer] = [:]
  private var isFromServers = false
  private var attempts: [LookupAttempt] = []
  /// What was found out about the names that were tried.
  private var findings: [Resolution.Finding] = []
  private var graceEndsUs = Int64.max
  /// Why earlier candidates have no address: the least negative of all.
  private var negative: LookupFailure?
  private var isFinished = false

  /// - Parameters:
  ///   - isAbsolute: whether the name is whole, so that no domain is searched.
  ///   - deadlineUs: when it is given up.
  public init(
    _ name: DomainName, isAbsolute: Bool, family: AddressFamily,
    configuration: ResolverConfiguration, deadlineUs: Int64
  ) {
    types =
      switch family {
      case .any, .both: configuration.avoidsIPv6 ? [.a] : [.a, .aaaa]
      case .ipv4: [.a]
      case .ipv6: [.aaaa]
      }
    candidates = Self.candidates(name, isAbsolute: isAbsolute, configuration)[...]
    self.deadlineUs = deadlineUs
  }

  /// The names to try, in order. A name with enough dots is taken as it is and never searched: a
  /// domain with a wildcard would make every name that is gone look alive.
  static func candidates(
    _ name: DomainName, isAbsolute: Bool, _ configuration: ResolverConfiguration
  ) -> [DomainName] {
    let dots = max(0, name.labelCount - 1)
    guard !isAbsolute, dots < configuration.dots else { return [name] }
    return configuration.search.compactMap { try? name.appending($0) } + [name]
  }

  /// When it wants to be told that time has passed.
  public var wakeUs: Int64? { isFinished ? nil : min(deadlineUs, graceEndsUs) }

  public mutating func begin(nowUs: Int64) -> [Step] {
    guard pending.isEmpty, !isFinished else { return [] }
    return tryNext()
  }

  /// A question was answered, or failed.
  public mutating func answered(
    _ name: DomainName, _ type: RecordType, _ answer: AddressAnswer, nowUs: Int64
  ) -> [Step] {
    guard !isFinished, name == candidates.first, let index = pending.firstIndex(of: type) else {
      return []
    }
    pending.remove(at: index)
    answers[type] = answer
    attempts += answer.attempts
    if !answer.attempts.isEmpty { isFromServers = true }
    if answer.failure == .noSuchName {
      // There is nothing at this name, of whatever type (RFC 8020).
      return conclude(forgetPending(name))
    }
    if pending.isEmpty { return conclude([]) }
    if answer.failure == nil { graceEndsUs = nowUs &+ Self.graceUs }
    return []
  }

  /// Time has passed; `standing` says how a pending question stands: why it has no answer yet.
  public mutating func passed(
    nowUs: Int64, standing: (DomainName, RecordType) -> AddressAnswer
  ) -> [Step] {
    guard !isFinished, nowUs >= min(deadlineUs, graceEndsUs), let name = candidates.first else {
      return []
    }
    for type in pending {
      let answer = standing(name, type)
      answers[type] = answer
      attempts += answer.attempts
    }
    if !pending.isEmpty { isFromServers = true }
    let isLate = nowUs >= deadlineUs
    let steps = forgetPending(name)
    return conclude(steps, isLast: isLate)
  }

  private mutating func forgetPending(_ name: DomainName) -> [Step] {
    defer { pending = [] }
    return pending.map { .forget(name, $0) }
  }

  private mutating func tryNext() -> [Step] {
    guard let name = candidates.first else { return finish(failure: negative ?? .noSuchName) }
    answers = [:]
    pending = types
    graceEndsUs = .max
    return types.map { .ask(name, $0) }
  }

  /// All that will be known of the present candidate is known.
  private mutating func conclude(_ steps: [Step], isLast: Bool = false) -> [Step] {
    guard let name = candidates.first else { return steps }
    let found = types.compactMap { answers[$0] }
    for type in types {
      if let answer = answers[type] { findings.append(.init(name: name, type: type, answer)) }
    }
    if found.contains(where: { $0.failure == nil }) { return steps + finish(found) }
    let failures = found.compactMap(\.failure)
    let failure = failures.filter { $0 != .noData && $0 != .noSuchName }
      .max { $0.rank < $1.rank }
    if failures.contains(.noSuchName) {
      negative = negative ?? .noSuchName
    } else if let failure {
      return steps + finish(failure: failure, name: name)
    } else {
      negative = .noData
    }
    candidates = candidates.dropFirst()
    guard !isLast else { return steps + finish(failure: .timeout, name: name) }
    return steps + tryNext()
  }

  private mutating func finish(_ found: [AddressAnswer]) -> [Step] {
    let good = found.filter { $0.failure == nil }
    return finish(
      Resolution(
        addresses: good.flatMap(\.addresses), canonicalName: good.first?.canonicalName,
        source: isFromServers ? .servers : .cache, ttl: good.compactMap(\.ttl).min(),
        otherFailure: found.compactMap(\.failure).first, attempts: attempts, findings: findings))
  }

  private mutating func finish(failure: LookupFailure, name: DomainName? = nil) -> [Step] {
    finish(
      Resolution(
        canonicalName: name, source: isFromServers ? .servers : .cache, failure: failure,
        attempts: attempts, findings: findings))
  }

  private mutating func finish(_ resolution: Resolution) -> [Step] {
    isFinished = true
    return [.finish(resolution)]
  }
}
