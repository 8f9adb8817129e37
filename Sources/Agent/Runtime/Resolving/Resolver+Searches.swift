import DNS
import Model

extension Resolver {
  /// A name that is being resolved.
  final class Search {
    let owner: Owner
    var value: AddressSearch

    init(_ owner: Owner, _ value: AddressSearch) {
      self.owner = owner
      self.value = value
    }
  }

  /// A question about addresses to the system's servers.
  struct SharedQuestion: Hashable {
    var name: DomainName
    var type: RecordType
  }

  /// The lookup that answers it, and the searches that wait for that.
  struct SharedLookup {
    var lookup: UInt64
    var searches: [UInt64]
  }

  /// Resolves from what is at hand, or begins to ask.
  func beginSearch(
    _ number: UInt64, _ owner: Owner, _ host: String, _ family: AddressFamily,
    _ deadlineUs: Int64, _ nowUs: Int64
  ) {
    if let address = IPAddress(text: host) {
      let fits = family.contains(address)
      deliver(
        Resolution(
          addresses: fits ? [address] : [], source: .literal, failure: fits ? nil : .noData), owner,
        nowUs)
      return
    }
    let name: DomainName
    let isAbsolute: Bool
    do {
      (name, isAbsolute) = try DomainName.parse(host)
    } catch {
      deliver(Resolution(source: .literal, failure: .badName("\(error)")), owner, nowUs)
      return
    }
    guard !name.endsInNumber, !name.isRoot else {
      let failure = LookupFailure.badName("neither an address in its full form nor a host's name")
      deliver(Resolution(source: .literal, failure: failure), owner, nowUs)
      return
    }
    if let known = atHand(name, family) {
      deliver(known, owner, nowUs)
      return
    }
    let search = Search(
      owner,
      AddressSearch(
        name, isAbsolute: isAbsolute, family: family, configuration: files.configuration,
        deadlineUs: deadlineUs))
    searches[number] = search
    carryOut(search.value.begin(nowUs: nowUs), number, search, nowUs)
  }

  /// What the hosts file knows, and `localhost` even where it does not.
  private func atHand(_ name: DomainName, _ family: AddressFamily) -> Resolution? {
    func wanted(_ addresses: [IPAddress]) -> [IPAddress] {
      addresses.filter { family.contains($0) }
    }
    let listed = wanted(files.hosts.addresses(of: name))
    if !listed.isEmpty {
      return Resolution(addresses: listed, canonicalName: name, source: .hostsFile)
    }
    guard let last = name.labels.last, last.count == 9,
      last.map({ $0 | 0x20 }) == Array("localhost".utf8)
    else { return nil }
    return Resolution(
      addresses: wanted([.ipv4(0x7f00_0001), .ipv6(high: 0, low: 1)]), canonicalName: name,
      source: .localhost)
  }

  private func carryOut(
    _ steps: [AddressSearch.Step], _ number: UInt64, _ search: Search, _ nowUs: Int64
  ) {
    var steps = steps
    var index = 0
    while index < steps.count {
      switch steps[index] {
      case .ask(let name, let type):
        if let kept = cache.answer(for: name, type, nowUs: nowUs) {
          steps += search.value.answered(name, type, kept, nowUs: nowUs)
        } else {
          join(SharedQuestion(name: name, type: type), number, nowUs)
        }
      case .forget(let name, let type):
        leave(SharedQuestion(name: name, type: type), number, nowUs)
      case .finish(let resolution):
        searches[number] = nil
        deliver(resolution, search.owner, nowUs)
      }
      index += 1
    }
    searchWakeUs = min(searchWakeUs, search.value.wakeUs ?? .max)
  }

  /// Waits for the answer to a question, which is asked unless it is already.
  private func join(_ question: SharedQuestion, _ search: UInt64, _ nowUs: Int64) {
    if shared[question] != nil {
      shared[question]?.searches.append(search)
      return
    }
    let configuration = files.configuration
    let policy = configuration.policy
    let limitUs = policy.retryUs * Int64(policy.tries * configuration.servers.count)
    if configuration.rotates { rotation = (rotation + 1) % configuration.servers.count }
    let lookup = begin(
      Lookup(
        question.name, question.type, servers: configuration.servers, first: rotation,
        policy: policy, deadlineUs: nowUs + limitUs), nowUs)
    shared[question] = SharedLookup(lookup: lookup, searches: [search])
    questions[lookup] = question
  }

  /// Waits no more; a question that nobody waits for is given up.
  private func leave(_ question: SharedQuestion, _ search: UInt64, _ nowUs: Int64) {
    guard var waiting = shared[question],
      let index = waiting.searches.firstIndex(of: search)
    else { return }
    waiting.searches.remove(at: index)
    guard waiting.searches.isEmpty else {
      shared[question] = waiting
      return
    }
    shared[question] = nil
    questions[waiting.lookup] = nil
    runner.cancel(waiting.lookup, nowUs: nowUs)
  }

  /// A question has its answer: it is kept, and told to all who wait.
  func answer(_ question: SharedQuestion, _ report: LookupReport, _ nowUs: Int64) {
    guard let waiting = shared.removeValue(forKey: question) else { return }
    let answer = AddressAnswer(report)
    cache.keep(answer, for: question.name, question.type, nowUs: nowUs)
    for number in waiting.searches {
      guard let search = searches[number] else { continue }
      carryOut(
        search.value.answered(question.name, question.type, answer, nowUs: nowUs), number, search,
        nowUs)
    }
  }

  /// Wakes the searches whose time has come.
  func wakeSearches(_ nowUs: Int64) {
    guard nowUs >= searchWakeUs else { return }
    for (number, search) in searches.filter({ ($0.value.value.wakeUs ?? .max) <= nowUs }) {
      let steps = search.value.passed(nowUs: nowUs) { name, type in
        guard let asked = shared[SharedQuestion(name: name, type: type)] else {
          return AddressAnswer(addresses: [], canonicalName: name, failure: .timeout)
        }
        return AddressAnswer(
          addresses: [], canonicalName: name,
          failure: runner.failureSoFar(asked.lookup, nowUs: nowUs),
          attempts: runner.attemptsSoFar(asked.lookup, nowUs: nowUs))
      }
      carryOut(steps, number, search, nowUs)
    }
    searchWakeUs = searches.values.reduce(.max) { min($0, $1.value.wakeUs ?? .max) }
  }

  /// Ends a search that nobody wants any more.
  func endSearch(_ number: UInt64, _ nowUs: Int64) {
    guard searches.removeValue(forKey: number) != nil else { return }
    for (question, waiting) in shared where waiting.searches.contains(number) {
      leave(question, number, nowUs)
    }
  }

  private func deliver(_ resolution: Resolution, _ owner: Owner, _ nowUs: Int64) {
    var resolution = resolution
    resolution.addresses = SourceAddress.sorted(resolution.addresses)
    switch owner {
    case .caller(let token): deliver(.resolved(resolution), token)
    case .check(let check, let part): resolved(check, part, resolution, nowUs)
    }
  }
}
