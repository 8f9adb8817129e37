import Wire

/// What one result adds to the rollups, as it waits to be added: about 13 bytes.
///
/// ```
/// monitor varint | organization varint | minute varint (since 1970) | outcome 1 | latency varint (µs)
/// ```
public struct ResultShare: Hashable, Sendable {
  /// How a probe counts.
  public enum Outcome: UInt8, Hashable, Sendable, CaseIterable {
    case up, degraded, down, unknown
  }

  /// The store's number of the monitor.
  public var monitor: Int64
  public var organization: Int32
  /// Minutes since 1970 of the probe's start.
  public var minute: Int64
  public var outcome: Outcome
  /// Microseconds.
  public var latencyUs: UInt64

  public init(
    monitor: Int64, organization: Int32, minute: Int64, outcome: Outcome, latencyUs: UInt64
  ) {
    self.monitor = monitor
    self.organization = organization
    self.minute = minute
    self.outcome = outcome
    self.latencyUs = latencyUs
  }

  public func write(into writer: inout ByteWriter) {
    writer.varint(UInt64(bitPattern: monitor))
    writer.varint(UInt64(UInt32(bitPattern: organization)))
    writer.varint(UInt64(max(0, minute)))
    writer.uint8(outcome.rawValue)
    writer.varint(latencyUs)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    monitor = Int64(bitPattern: try reader.varint())
    organization = Int32(bitPattern: try reader.varint32())
    // Far beyond any calendar, and times 60 million still within 64 bits.
    minute = Int64(min(try reader.varint(), 1 << 36))
    outcome = Outcome(rawValue: try reader.uint8()) ?? .unknown
    latencyUs = try reader.varint()
  }
}
