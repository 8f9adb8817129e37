/// Appends rows of `result` as binary COPY tuples, without an object a row.
///
/// A tuple, integers big-endian; a field is int4 length and its bytes, or length -1 for NULL:
///
/// ```
/// int2 17
/// | monitor_key 8 | started_at 8 (µs since 2000-01-01) | stream_key 8 | sequence 8
/// | organization_id 4 | agent_key 4 | total_us 4
/// | dns_us 4? | connect_us 4? | tls_us 4? | first_byte_us 4? | certificate_days 4?
/// | record_index 2 | outcome 2 | status 2? | reason 2? | curl_code 2?
/// ```
///
/// At most 144 bytes a row. The order is ``columns``.
public struct ResultRowEncoder: ~Copyable {
  /// The columns in the order in which tuples hold them.
  static let columns = """
    monitor_key, started_at, stream_key, sequence, organization_id, agent_key, total_us, dns_us, \
    connect_us, tls_us, first_byte_us, certificate_days, record_index, outcome, status, \
    reason, curl_code
    """

  /// Bytes of a row without a NULL.
  @usableFromInline static let longestTuple = 144

  @usableFromInline let streamKey: Int64
  @usableFromInline let sequence: Int64
  @usableFromInline let agentKey: Int32
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var count = 0
  @usableFromInline var capacity: Int
  /// The rows so far.
  public private(set) var rowCount = 0

  /// An encoder for one batch of one stream, with room for `rows` before it must grow.
  public init(streamKey: Int64, sequence: Int64, agentKey: Int32, rows: Int) {
    self.streamKey = streamKey
    self.sequence = sequence
    self.agentKey = agentKey
    capacity = max(1, rows) * Self.longestTuple
    base = .allocate(byteCount: capacity, alignment: 8)
  }

  deinit { base.deallocate() }

  /// One row's own fields; absent ones are NULL. Times are microseconds.
  @frozen
  public struct Fields {
    public var monitorKey: Int64 = 0
    public var organizationID: Int32 = 0
    /// Collector time, microseconds since 1970.
    public var startedAtUs: Int64 = 0
    public var totalUs: Int32 = 0
    public var hasPhases = false
    public var dnsUs: Int32 = 0
    public var connectUs: Int32 = 0
    public var tlsUs: Int32 = 0
    public var firstByteUs: Int32 = 0
    public var certificateDays: Int32?
    /// The record's place in its batch, from 0.
    public var recordIndex: Int16 = 0
    /// ``ResultOutcome``'s number.
    public var outcome: Int16 = 0
    public var status: Int16?
    public var reason: Int16?
    public var curlCode: Int16?

    @inlinable
    public init() {}
  }

  /// Appends one row.
  @inlinable
  public mutating func append(_ fields: borrowing Fields) {
    if capacity &- count < Self.longestTuple { grow() }
    var tuple = TupleWriter(at: base + count)
    let start = tuple.next
    tuple.put(Int16(17))
    tuple.field(fields.monitorKey)
    tuple.field(fields.startedAtUs &- 946_684_800_000_000)
    tuple.field(streamKey)
    tuple.field(sequence)
    tuple.field(fields.organizationID)
    tuple.field(agentKey)
    tuple.field(fields.totalUs)
    if fields.hasPhases {
      tuple.field(fields.dnsUs)
      tuple.field(fields.connectUs)
      tuple.field(fields.tlsUs)
      tuple.field(fields.firstByteUs)
    } else {
      for _ in 0..<4 { tuple.null() }
    }
    if let days = fields.certificateDays { tuple.field(days) } else { tuple.null() }
    tuple.field(fields.recordIndex)
    tuple.field(fields.outcome)
    if let status = fields.status { tuple.field(status) } else { tuple.null() }
    if let reason = fields.reason { tuple.field(reason) } else { tuple.null() }
    if let curlCode = fields.curlCode { tuple.field(curlCode) } else { tuple.null() }
    count &+= tuple.next - start
    countRow()
  }

  @usableFromInline
  mutating func countRow() { rowCount &+= 1 }

  @usableFromInline
  mutating func grow() {
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 8)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }

  /// Hands the rows over.
  public consuming func finish() -> CopyRows {
    let rows = CopyRows(base: base, byteCount: count, rowCount: rowCount)
    discard self
    return rows
  }
}

/// Writes the fields of one tuple; whoever makes it has seen to the room.
@frozen @usableFromInline
struct TupleWriter {
  @usableFromInline var next: UnsafeMutableRawPointer

  @inlinable
  init(at next: UnsafeMutableRawPointer) { self.next = next }

  @inlinable
  mutating func put(_ value: some FixedWidthInteger) {
    next.storeBytes(of: value.bigEndian, as: type(of: value).self)
    next += MemoryLayout.size(ofValue: value)
  }

  @inlinable
  mutating func field(_ value: some FixedWidthInteger) {
    put(Int32(truncatingIfNeeded: MemoryLayout.size(ofValue: value)))
    put(value)
  }

  @inlinable
  mutating func null() { put(Int32(-1)) }
}
