import Postgres
import Store
import Synchronization

/// How many answers without end, or of any length, may be open at once: in all, and of one credential.
final class StreamGate: Sendable {
  private let most: Int
  private let mostOfOne: Int
  /// What they are called, for people: `exports`.
  private let noun: String
  private let open = Mutex<[PostgresUUID: Int]>([:])

  init(_ noun: String, most: Int, mostOfOne: Int) {
    self.noun = noun
    self.most = most
    self.mostOfOne = mostOfOne
  }

  /// A place, until it is let go of. Throws 503 where none is free, and 429 where the credential has as
  /// many as it may.
  func enter(_ key: PostgresUUID) throws(Problem) -> Place {
    let isFree = open.withLock { open -> Result<Void, Problem> in
      guard open[key, default: 0] < mostOfOne else {
        return .failure(
          Problem(
            .rateLimited, "The key has \(mostOfOne) \(noun) open, which is as many as it may."))
      }
      guard open.values.reduce(0, +) < most else {
        return .failure(
          Problem(.overloaded, "The collector serves \(most) \(noun) already; ask again later."))
      }
      open[key, default: 0] += 1
      return .success(())
    }
    do {
      try isFree.get()
    } catch {
      var problem = error
      problem.headers = [("retry-after", "10")]
      throw problem
    }
    return Place(gate: self, key: key)
  }

  private func leave(_ key: PostgresUUID) {
    open.withLock { open in
      open[key] = open[key].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
  }

  /// Held by whoever entered; a stream that was never begun lets go of it too.
  final class Place: Sendable {
    private let gate: StreamGate
    private let key: PostgresUUID

    fileprivate init(gate: StreamGate, key: PostgresUUID) {
      self.gate = gate
      self.key = key
    }

    /// Keeps the place up to here.
    func stay() {}

    deinit { gate.leave(key) }
  }
}
