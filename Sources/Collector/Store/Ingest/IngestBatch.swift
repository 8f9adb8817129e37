import Model
import Wire

/// One verified batch of one stream, on its way into the database.
///
/// What it holds was checked by the session: the signature, the ranges, whose slots they are.
public final class IngestBatch: Sendable {
  /// Which session brought it, and where it belongs.
  public struct Place: Hashable, Sendable {
    public var agentKey: Int32
    /// The generation of the session; another in the database fences this one.
    public var generation: Int64
    public var streamKey: Int64
    /// From 1.
    public var sequence: Int64

    public init(agentKey: Int32, generation: Int64, streamKey: Int64, sequence: Int64) {
      self.agentKey = agentKey
      self.generation = generation
      self.streamKey = streamKey
      self.sequence = sequence
    }
  }

  /// What its header says, and the digest by which a repetition is known.
  public struct Header: Hashable, Sendable {
    /// The first eight bytes of the body's SHA-256, read big-endian.
    public var digest: UInt64
    public var boot: BootID
    /// Agent time, in milliseconds.
    public var baseMs: Int64
    /// Collector time less agent time, in milliseconds.
    public var clockOffsetMs: Int64

    public init(digest: UInt64, boot: BootID, baseMs: Int64, clockOffsetMs: Int64) {
      self.digest = digest
      self.boot = boot
      self.baseMs = baseMs
      self.clockOffsetMs = clockOffsetMs
    }
  }

  /// What is to be stored.
  public enum Content: Sendable {
    case results(Results)
    /// The sequences from the skip's first to this batch's own will never come.
    case skip(Skip)
    case evidence([EvidencePart])
  }

  /// The records of a batch, taken apart.
  public struct Results: Sendable {
    public var rows: CopyRows
    /// Records that could not be taken.
    public var rejects: [Reject] = []
    /// The texts of failures.
    public var details: [Detail] = []
    /// Observations that the quorum must hear of.
    public var observations: [Observation] = []

    public init(rows: CopyRows) {
      self.rows = rows
    }
  }

  /// A record that could not be taken.
  public struct Reject: Hashable, Sendable {
    /// Its place in the batch.
    public var index: Int16
    /// One word or a few: `range`, `age`, `future`, `slot`.
    public var reason: String

    public init(index: Int16, reason: String) {
      self.index = index
      self.reason = reason
    }
  }

  /// The text of a failure, beside its row.
  public struct Detail: Hashable, Sendable {
    public var monitorKey: Int64
    public var organizationID: Int32
    /// Collector time, in milliseconds since 1970.
    public var startedAtMs: Int64
    public var index: Int16
    public var text: String

    public init(
      monitorKey: Int64, organizationID: Int32, startedAtMs: Int64, index: Int16, text: String
    ) {
      self.monitorKey = monitorKey
      self.organizationID = organizationID
      self.startedAtMs = startedAtMs
      self.index = index
      self.text = text
    }
  }

  /// One part of a piece of evidence, which belongs to a record of any stream of the agent.
  public struct EvidencePart: Hashable, Sendable {
    public var stream: StreamID
    public var sequence: Int64
    public var index: Int32
    /// The wire's number: 1 address, 2 POP header, 3 headers, and so on.
    public var kind: Int16
    public var content: [UInt8]
    /// What the agent says of the record, by which it is found; `nil` where it says nothing.
    public var record: EvidenceRecord?

    public init(
      stream: StreamID, sequence: Int64, index: Int32, kind: Int16, content: [UInt8],
      record: EvidenceRecord? = nil
    ) {
      self.stream = stream
      self.sequence = sequence
      self.index = index
      self.kind = kind
      self.content = content
      self.record = record
    }
  }

  public let place: Place
  public let header: Header
  public let content: Content
  let completion: @Sendable (IngestOutcome) -> Void

  /// `completion` is called once, on a writer's thread; it must not block.
  public init(
    place: Place, header: Header, content: Content,
    completion: @escaping @Sendable (IngestOutcome) -> Void
  ) {
    self.place = place
    self.header = header
    self.content = content
    self.completion = completion
  }

  /// How many rows it will add to `result`.
  var rowCount: Int {
    guard case .results(let results) = content else { return 0 }
    return results.rows.rowCount
  }

  /// Roughly the memory that it holds, in bytes.
  var weight: Int {
    switch content {
    case .results(let results): 512 + results.rows.bytes.count + results.details.count * 256
    case .skip: 512
    case .evidence(let parts): parts.reduce(512) { $0 + $1.content.count + 64 }
    }
  }
}
