import Postgres
import Store

/// The `id` of an event, from which a stream is resumed: `TRANSACTION-NUMBER-MILLISECONDS`.
struct EventMark: Hashable, Sendable {
  var position: EventQueries.Position
  /// When it was told, ms since 1970.
  var atMs: Int64

  /// Older marks than this may have lost what came after them. One day less than events are kept.
  private static let knownMs: Int64 = 6 * 86_400_000

  /// Where a stream begins.
  enum Start: Hashable, Sendable {
    case go(EventQueries.Position)
    /// Something between is not known any more.
    case reset(EventQueries.Position)
  }

  init(_ position: EventQueries.Position, at time: Timestamp) {
    self.position = position
    atMs = time.milliseconds
  }

  /// `nil` for what no stream ever told.
  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
      part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int64(part) : nil
    }
    guard parts.count == 3, let transaction = parts[0], let number = parts[1], let at = parts[2]
    else { return nil }
    position = EventQueries.Position(transaction: transaction, number: number)
    atMs = at
  }

  var text: String { "\(position.transaction)-\(position.number)-\(atMs)" }

  /// - Parameter end: where the log ends. What is beyond it is of another database.
  func resume(at end: EventQueries.Position, now: Timestamp) -> Start {
    let isKnown =
      now.milliseconds &- atMs < Self.knownMs && position.transaction <= end.transaction
    return isKnown ? .go(position) : .reset(end)
  }
}
