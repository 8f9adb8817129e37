import Linux
import Model
import Spool

/// The journals that earlier processes left: the last one's, and those that starts before it kept
/// aside, as what they held could not be written.
struct KeptJournals {
  /// The most that are kept beside the last; what comes then has no journal on the disk.
  static let limit = 4
  /// Why a process has no journal on the disk although the disk has room.
  static let noPlace = SystemError("keep one more journal: results wait to be written", code: 28)

  /// Where the last process's journal stands, if it left one.
  let path: String
  /// The oldest first.
  private let kept: [String]

  init(path: String) {
    self.path = path
    kept = Self.names(path).filter { (try? Files.status(of: $0)) ?? nil != nil }
  }

  private static func names(_ path: String) -> [String] {
    (1...limit).map { "\(path).old\($0)" }
  }

  /// What they hold, the oldest first.
  func leftovers(log: Log) -> [Journal.Leftovers] {
    (kept + [path]).compactMap { path in
      do {
        return try Journal.leftovers(path: path, recoveryStream: .random())
      } catch {
        log.warning("the journal can't be read", ["reason": "\(error)"])
        return nil
      }
    }
  }

  /// What is noted in them while their batches are delivered.
  ///
  /// - Parameters:
  ///   - streams: whose batches they may hold.
  ///   - isFree: what `settle` said.
  func notes(of streams: Set<StreamID>, isFree: Bool) -> Notes {
    let found = (Self.names(path) + (isFree ? [] : [path])).filter {
      (try? Files.status(of: $0)) ?? nil != nil
    }
    return Notes(paths: found, streams: found.isEmpty ? [] : streams)
  }

  /// Notes in journals that are kept how far their batches are stored: the next start would make them
  /// again, and after a rotation under another key.
  struct Notes {
    fileprivate let paths: [String]
    fileprivate let streams: Set<StreamID>

    /// Nothing of a stream up to and including a sequence is needed any more.
    func done(_ stream: StreamID, _ sequence: UInt64) {
      guard streams.contains(stream) else { return }
      // Where it can't be noted nothing is lost: the collector is asked by the next start.
      for path in paths { try? Journal.note(path: path, stream: stream, doneThrough: sequence) }
    }
  }

  /// Keeps them while their batches are not all in files; removes the older ones where they are.
  ///
  /// - Parameter mayRemove: whether all that they hold is in the spool, perhaps in its memory only.
  /// - Returns: whether a new journal may take the last one's place.
  func settle(mayRemove: Bool, hasLeftovers: Bool, _ spool: Spool) throws(SystemError) -> Bool {
    guard hasLeftovers, !mayRemove || spool.isStuck else {
      for old in kept { try Files.remove(old) }
      return true
    }
    var all = kept
    var isFree = true
    if try Files.status(of: path) != nil {
      if let place = Self.names(path).first(where: { !kept.contains($0) }) {
        try Files.rename(path, to: place)
        all.append(place)
      } else {
        isFree = false
        all.append(path)
      }
    }
    if mayRemove { for old in all { spool.remove(onceWritten: old) } }
    return isFree
  }
}
