/// Why bytes are not a message of the DNS.
public enum DNSMessageError: Error, Hashable, Sendable {
  /// It ends before what it began.
  case cut
  /// It announces more records than its bytes can hold.
  case counts
  /// A name points forwards, to itself, into the header, through too many others, or from where no
  /// name may be compressed.
  case pointer
  case nameTooLong
  /// A label of a kind that does not exist.
  case label
  /// The data of a record is not what its type asks for.
  case data(RecordType)
  /// What carries EDNS stands twice, or at a name.
  case extensions
}

extension DNSMessageError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cut: "it ends too early"
    case .counts: "it announces more records than it can hold"
    case .pointer: "a name in it points where it must not"
    case .nameTooLong: "a name in it is longer than \(DomainName.mostBytes) bytes"
    case .label: "a name in it has a part of an unknown kind"
    case .data(let type): "the data of its \(type) record is broken"
    case .extensions: "its EDNS part is broken"
    }
  }
}
