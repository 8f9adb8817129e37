import Synchronization
import UpblitClient

/// What an observer was told.
final class Told: Sendable {
  private let exchanges = Mutex<[Exchange]>([])

  func add(_ exchange: Exchange) { exchanges.withLock { $0.append(exchange) } }

  var all: [Exchange] { exchanges.withLock { $0 } }
}
