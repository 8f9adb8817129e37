/// A 16-byte name of one thing of a kind; its text form is that of a UUID.
///
/// The kind is a phantom type, so that an agent's identifier can't stand where a stream's belongs.
public struct Identifier<Kind>: Hashable, Sendable {
  /// The first eight bytes, read big-endian.
  public let high: UInt64
  /// The last eight bytes, read big-endian.
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Sixteen zero bytes: what the wire writes where there is no such thing.
  public static var zero: Self { Self(high: 0, low: 0) }

  /// Takes 128 bits from `generator`.
  public static func random(using generator: inout some RandomNumberGenerator) -> Self {
    Self(high: generator.next(), low: generator.next())
  }

  /// Takes 128 bits from the system's generator.
  public static func random() -> Self {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  /// The sixteen bytes, first to last. `nil` unless there are sixteen.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for byte in bytes.prefix(8) { high = high << 8 | UInt64(byte) }
    for byte in bytes.dropFirst(8) { low = low << 8 | UInt64(byte) }
    self.init(high: high, low: low)
  }

  /// The sixteen bytes, first to last.
  public var bytes: [UInt8] {
    [high, low].flatMap { word in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
  }
}

extension Identifier: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension Identifier: CustomStringConvertible, LosslessStringConvertible {
  /// Lower-case hexadecimal in groups of 8-4-4-4-12 (RFC 9562 section 4).
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Thirty-two hexadecimal digits, with the hyphens of a UUID or with none.
  public init?(_ description: String) {
    let text = Array(description.utf8)
    let hyphen = UInt8(ascii: "-")
    let digits: [UInt8]
    switch text.count {
    case 32: digits = text
    case 36:
      guard [8, 13, 18, 23].allSatisfy({ text[$0] == hyphen }) else { return nil }
      digits = text.enumerated().filter { ![8, 13, 18, 23].contains($0.offset) }.map(\.element)
    default: return nil
    }
    var words: [UInt64] = [0, 0]
    for (index, digit) in digits.enumerated() {
      guard let value = Self.hexadecimalValue(of: digit) else { return nil }
      words[index / 16] = words[index / 16] << 4 | UInt64(value)
    }
    self.init(high: words[0], low: words[1])
  }

  private static func hexadecimalValue(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// The kinds of things that identifiers name.
public enum Named {
  public enum Agent {}
  public enum Collector {}
  public enum Session {}
  public enum Boot {}
  public enum Stream {}
  public enum Monitor {}
  public enum Token {}
  public enum ProbeRequest {}
}

/// Names an agent for as long as it is enrolled.
public typealias AgentID = Identifier<Named.Agent>
/// Names one collector process's installation on one host.
public typealias CollectorID = Identifier<Named.Collector>
/// Names one connection of an agent, chosen by the collector.
public typealias SessionID = Identifier<Named.Session>
/// Names one start of an agent process; agent time is continuous within it.
public typealias BootID = Identifier<Named.Boot>
/// Names one sequence of batches of an agent.
public typealias StreamID = Identifier<Named.Stream>
/// Names a monitor.
public typealias MonitorID = Identifier<Named.Monitor>
/// Names an enrolment token.
public typealias TokenID = Identifier<Named.Token>
/// Names one "probe now" of one agent.
public typealias ProbeRequestID = Identifier<Named.ProbeRequest>
