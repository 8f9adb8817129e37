/// What became of a batch.
public enum IngestOutcome: Hashable, Sendable {
  /// Stored, durably, with all before it: acknowledge up to `upTo`.
  case committed(upTo: Int64)
  /// It was there already: acknowledge up to `committed`.
  case duplicate(committed: Int64)
  /// Another batch of this sequence was stored: refuse it as FORK.
  case fork(committed: Int64)
  /// One before it is missing: `committed + 1` is expected.
  case gap(committed: Int64)
  /// A newer session of the agent has taken over, or the agent was revoked.
  case fenced
  /// It can never be stored: refuse it as MALFORMED. The reason is for the log.
  case refused(String)
  /// Not now: the same batch may come again after this many milliseconds.
  case busy(retryMs: UInt32)
  /// Whether it was stored is not known, or the stream is not what the session believes: end the
  /// session, the next WELCOME reads the truth.
  case unknown
}
