/// The fields of a form as a browser sends it (`application/x-www-form-urlencoded`), or as a page shows
/// them: texts by name, several under one name where boxes are ticked.
public struct FormFields: Hashable, Sendable {
  private var values: [String: [String]] = [:]

  /// Fields that are read; names beyond them are refused.
  private static let most = 200

  public init() {}

  /// `nil` for what is not encoded rightly, is not UTF-8, holds U+0000, or has too many fields. Line
  /// ends become line feeds.
  public init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let pairs = bytes.split(separator: UInt8(ascii: "&"), maxSplits: Self.most)
    guard pairs.count <= Self.most else { return nil }
    for pair in pairs {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let name = Self.decode(first),
        let value = parts.count == 2 ? Self.decode(parts[1]) : ""
      else { return nil }
      values[name, default: []].append(value)
    }
  }

  /// The first value of a field, empty where there is none.
  public subscript(_ name: String) -> String {
    get { values[name]?.first ?? "" }
    set { values[name] = [newValue] }
  }

  /// All values of a field.
  public func all(_ name: String) -> [String] { values[name] ?? [] }

  public mutating func set(_ name: String, all list: [String]) { values[name] = list }

  /// Whether a field was sent at all.
  public func has(_ name: String) -> Bool { values[name] != nil }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes.makeIterator()
    while let byte = rest.next() {
      var value = byte
      switch byte {
      case UInt8(ascii: "+"): value = 0x20
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else {
          return nil
        }
        value = high << 4 | low
      default: break
      }
      if value == 0 { return nil }
      if value == 0x0a, decoded.last == 0x0d { decoded.removeLast() }
      decoded.append(value)
    }
    return String(validating: decoded, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
