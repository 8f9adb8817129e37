import DNS
import Model

extension Resolver {
  /// A dns check on its way.
  final class CheckInFlight {
    /// The part that stands for the lookup of a zone's servers.
    static let zonePart = -1

    let token: Token
    var run: DNSCheckRun
    let deadlineUs: Int64
    var searches: [UInt64] = []
    var lookups: [UInt64] = []

    init(_ token: Token, _ run: DNSCheckRun, deadlineUs: Int64) {
      self.token = token
      self.run = run
      self.deadlineUs = deadlineUs
    }
  }

  func carryOut(_ steps: [DNSCheckRun.Step], _ number: UInt64, _ nowUs: Int64) {
    guard let check = checks[number] else { return }
    for step in steps {
      switch step {
      case .findServers(let zone):
        let lookup = Lookup(
          zone, .ns, servers: files.configuration.servers, policy: files.configuration.policy,
          deadlineUs: check.deadlineUs)
        check.lookups.append(
          beginOwn(lookup, .check(number, part: CheckInFlight.zonePart), nowUs))
      case .resolve(let part, let host):
        let search = newNumber()
        check.searches.append(search)
        beginSearch(search, .check(number, part: part), host, .any, check.deadlineUs, nowUs)
      case .ask(let part, let servers):
        let question = check.run.question
        let lookup = Lookup(
          question.name, question.type, servers: servers, policy: question.policy,
          deadlineUs: check.deadlineUs)
        check.lookups.append(beginOwn(lookup, .check(number, part: part), nowUs))
      case .finish(let verdict):
        checks[number] = nil
        deliver(.judged(verdict), check.token)
      }
    }
  }

  /// The name of a server that a check asks was resolved.
  func resolved(_ number: UInt64, _ part: Int, _ resolution: Resolution, _ nowUs: Int64) {
    guard let check = checks[number] else { return }
    carryOut(check.run.resolved(part, resolution), number, nowUs)
  }

  /// A lookup of a check has ended.
  func answered(_ number: UInt64, _ part: Int, _ report: LookupReport, _ nowUs: Int64) {
    guard let check = checks[number] else { return }
    carryOut(
      part == CheckInFlight.zonePart
        ? check.run.found(report) : check.run.answered(part, report), number, nowUs)
  }

  /// Ends a check that nobody wants any more, with all its parts.
  func endCheck(_ number: UInt64, _ nowUs: Int64) {
    guard let check = checks.removeValue(forKey: number) else { return }
    for search in check.searches { endSearch(search, nowUs) }
    for lookup in check.lookups { endOwn(lookup, nowUs) }
  }
}
