/// Bytes from a peer that do not mean anything in the protocol. Every case is answered as MALFORMED.
public enum WireError: Error, Hashable, Sendable {
  /// The bytes end within a field.
  case truncated
  /// A varint is longer than it need be, or than ten bytes, or does not fit 64 bits.
  case varint
  /// A text is not UTF-8, or longer than its field allows.
  case text
  /// A count promises more than the bytes that are left could hold.
  case count
  /// A field holds a value that the protocol does not define, or a sum overflows.
  case value
}

extension WireError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated: "the bytes end within a field"
    case .varint: "a varint is overlong or too large"
    case .text: "a text is not UTF-8 or too long"
    case .count: "a count promises more than there is"
    case .value: "a field's value is not defined"
    }
  }
}
