/// The rules by which a batch is taken, once its stream is locked: no result that was acknowledged
/// is lost, none is stored twice.
///
/// Pure: it is given what the transaction read, and is asked about each batch of the group in turn.
struct IngestAdmission {
  /// A stream as the transaction has locked it.
  struct Stream: Equatable {
    var agentKey: Int32
    /// Every sequence up to this is stored or skipped; grows as batches of the group are taken.
    var committed: Int64
  }

  /// Names a batch.
  struct Name: Hashable {
    var streamKey: Int64
    var sequence: Int64
  }

  /// What is to be done with a batch.
  enum Decision: Equatable {
    /// Store it; the stream's mark becomes its sequence.
    case store
    /// It was stored before: which of the two it is depends on the digest that was stored.
    case compare(Name, committed: Int64)
    /// Nothing is to be stored.
    case answer(IngestOutcome)
  }

  /// The generation of each agent's session.
  var generations: [Int32: Int64]
  /// By key.
  var streams: [Int64: Stream]
  /// The digests of batches that this group stores.
  private var digests: [Name: UInt64] = [:]

  init(generations: [Int32: Int64], streams: [Int64: Stream]) {
    self.generations = generations
    self.streams = streams
  }

  /// Judges the next batch; `first` is the first sequence that a skip covers, or the batch's own.
  mutating func judge(
    _ place: IngestBatch.Place, digest: UInt64, first: Int64
  ) -> Decision {
    guard generations[place.agentKey] == place.generation else { return .answer(.fenced) }
    guard let stream = streams[place.streamKey], stream.agentKey == place.agentKey else {
      return .answer(.unknown)
    }
    let name = Name(streamKey: place.streamKey, sequence: place.sequence)
    if place.sequence <= stream.committed {
      guard let known = digests[name] else { return .compare(name, committed: stream.committed) }
      return .answer(
        known == digest
          ? .duplicate(committed: stream.committed) : .fork(committed: stream.committed))
    }
    guard first <= stream.committed + 1 else { return .answer(.gap(committed: stream.committed)) }
    digests[name] = digest
    streams[place.streamKey]?.committed = place.sequence
    return .store
  }
}
