import Model
import Store

/// Counts what comes from an address without a valid key: what needs none, and keys that are none.
///
/// What belongs to one customer as a rule counts as one (`IPAddress.customer`). What has no address of
/// the Internet is not counted.
struct AddressMeter: Sendable {
  private let visits: AllowanceMeter<IPNetwork>
  private let failures: AllowanceMeter<IPNetwork>

  init(_ configuration: APIConfiguration) {
    visits = AllowanceMeter(policy: configuration.addressRate)
    failures = AllowanceMeter(policy: configuration.failureRate)
  }

  /// Counts a request that needs no key, or leads nowhere. Throws where there were too many.
  func visit(_ address: IPAddress?) throws(Problem) {
    guard let allowance = excess(visiting: address) else { return }
    throw Self.refusal("may make \(allowance.policy.requests) requests without a key", allowance)
  }

  /// Counts the same. Where there were too many, in how many seconds there may be one.
  func secondsToWait(visiting address: IPAddress?) -> Int? {
    excess(visiting: address)?.seconds
  }

  private func excess(visiting address: IPAddress?) -> Allowance? {
    guard let address else { return nil }
    let allowance = visits.take(address.customer)
    return allowance.remaining == nil ? allowance : nil
  }

  /// What `body`, which looks for whose key it is, returns. Counts where it finds nobody, and throws
  /// without asking it where that came about too often.
  func counting<Value>(
    failuresOf address: IPAddress?, _ body: () async throws -> Value
  ) async throws -> Value {
    guard let address else { return try await body() }
    let allowance = failures.look(address.customer)
    if allowance.remaining == nil {
      throw Self.refusal("may send \(allowance.policy.requests) keys that are none", allowance)
    }
    do {
      return try await body()
    } catch {
      if (error as? Problem)?.kind == .unauthenticated { _ = failures.take(address.customer) }
      throw error
    }
  }

  private static func refusal(_ may: String, _ allowance: Allowance) -> Problem {
    var problem = Problem(
      .rateLimited,
      "The address \(may) in \(allowance.policy.seconds) seconds; ask again in "
        + "\(allowance.seconds).")
    problem.headers = [("retry-after", String(allowance.seconds))]
    return problem
  }
}
