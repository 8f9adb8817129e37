import Model

extension ServiceBinding.Parameter {
  /// The keys that have a form of their own (RFC 9460 section 14.3.2, RFC 9461 section 5).
  private enum Key {
    static let mandatory: UInt16 = 0
    static let alpn: UInt16 = 1
    static let noDefaultALPN: UInt16 = 2
    static let port: UInt16 = 3
    static let ipv4Hint: UInt16 = 4
    static let ech: UInt16 = 5
    static let ipv6Hint: UInt16 = 6
    static let dohPath: UInt16 = 7
  }

  /// Whether a value has the form that its key asks for.
  static func isWellFormed(key: UInt16, _ value: [UInt8]) -> Bool {
    switch key {
    case Key.mandatory: !value.isEmpty && value.count.isMultiple(of: 2)
    case Key.alpn: identifiers(value) != nil
    case Key.noDefaultALPN: value.isEmpty
    case Key.port: value.count == 2
    case Key.ipv4Hint: !value.isEmpty && value.count.isMultiple(of: 4)
    case Key.ipv6Hint: !value.isEmpty && value.count.isMultiple(of: 16)
    default: true
    }
  }

  private static func name(of key: UInt16) -> String {
    switch key {
    case Key.mandatory: "mandatory"
    case Key.alpn: "alpn"
    case Key.noDefaultALPN: "no-default-alpn"
    case Key.port: "port"
    case Key.ipv4Hint: "ipv4hint"
    case Key.ech: "ech"
    case Key.ipv6Hint: "ipv6hint"
    case Key.dohPath: "dohpath"
    default: "key\(key)"
    }
  }

  /// The protocols of `alpn`, each behind its length; `nil` where that does not come out even.
  private static func identifiers(_ value: [UInt8]) -> [[UInt8]]? {
    var identifiers: [[UInt8]] = []
    var rest = value[...]
    while let length = rest.first.map(Int.init) {
      guard length > 0, rest.count > length else { return nil }
      identifiers.append(Array(rest.dropFirst().prefix(length)))
      rest = rest.dropFirst(1 + length)
    }
    return identifiers.isEmpty ? nil : identifiers
  }

  private func numbers() -> [UInt16] {
    stride(from: 0, to: value.count - value.count % 2, by: 2).map {
      UInt16(value[$0]) << 8 | UInt16(value[$0 + 1])
    }
  }

  private func addresses(_ count: Int) -> [IPAddress] {
    stride(from: 0, to: value.count - value.count % count, by: count).compactMap {
      IPAddress(bytes: Array(value[$0..<$0 + count]))
    }
  }

  /// A list in quotes where need be; commas and backslashes inside an item are escaped twice (RFC 9460
  /// appendix A.1).
  private static func list(_ items: [[UInt8]]) -> String {
    var bytes: [UInt8] = []
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      for byte in item {
        if [UInt8(ascii: ","), UInt8(ascii: "\\")].contains(byte) {
          bytes.append(UInt8(ascii: "\\"))
        }
        bytes.append(byte)
      }
    }
    return text(bytes)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    let isPlain = bytes.allSatisfy { byte in
      (0x21...0x7e).contains(byte) && !Array("\"\\();".utf8).contains(byte)
    }
    return isPlain ? String(decoding: bytes, as: UTF8.self) : PresentationText.quoted(bytes)
  }
}

extension ServiceBinding.Parameter: CustomStringConvertible {
  /// `key=value` (RFC 9460 section 2.1).
  public var description: String {
    let name = Self.name(of: key)
    switch key {
    case Key.noDefaultALPN where value.isEmpty: return name
    case Key.mandatory:
      return name + "=" + numbers().map { Self.name(of: $0) }.joined(separator: ",")
    case Key.alpn: return name + "=" + Self.list(Self.identifiers(value) ?? [value])
    case Key.port: return name + "=" + numbers().map { "\($0)" }.joined(separator: ",")
    case Key.ipv4Hint:
      return name + "=" + addresses(4).map { "\($0)" }.joined(separator: ",")
    case Key.ipv6Hint:
      return name + "=" + addresses(16).map { "\($0)" }.joined(separator: ",")
    case Key.ech: return name + "=" + PresentationText.base64(value)
    default: return value.isEmpty ? name : name + "=" + Self.text(value)
    }
  }
}
