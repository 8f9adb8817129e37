extension IPAddress {
  public var isIPv6: Bool {
    switch self {
    case .ipv4: false
    case .ipv6: true
    }
  }

  /// 127.0.0.0/8 and ::1.
  public var isLoopback: Bool {
    switch self {
    case .ipv4(let number): number >> 24 == 127
    case .ipv6(let high, let low): high == 0 && low == 1
    }
  }

  /// Reads four bytes as IPv4 and sixteen as IPv6; `nil` for any other count.
  public init?(bytes: [UInt8]) {
    guard let address = bytes.withUnsafeBytes({ IPAddress($0) }) else { return nil }
    self = address
  }
}

extension IPAddress {
  /// Reads an address as a person writes it: four decimal numbers with dots, or IPv6 (RFC 4291
  /// section 2.2). `nil` for short, octal and hexadecimal forms of IPv4, which programs read
  /// differently, and for zones.
  public init?(text: some StringProtocol) {
    self.init(text: Array(text.utf8)[...])
  }

  /// Reads an address from the bytes of its text.
  public init?(text: ArraySlice<UInt8>) {
    guard text.count <= 45 else { return nil }
    if text.contains(UInt8(ascii: ":")) {
      guard let (high, low) = Self.groups(text) else { return nil }
      self = .ipv6(high: high, low: low)
    } else {
      guard let number = Self.dots(text) else { return nil }
      self = .ipv4(number)
    }
  }

  private static func dots(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0")
      else { return nil }
      var value: UInt32 = 0
      for byte in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
      }
      guard value <= 255 else { return nil }
      number = number << 8 | value
    }
    return number
  }

  private static func groups(_ text: ArraySlice<UInt8>) -> (UInt64, UInt64)? {
    let colon = UInt8(ascii: ":")
    var groups: [UInt64] = []
    var gap: Int?
    var rest = text
    if rest.starts(with: [colon, colon]) {
      gap = 0
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let end = rest.firstIndex(of: colon) ?? rest.endIndex
      let piece = rest[rest.startIndex..<end]
      if end == rest.endIndex, piece.contains(UInt8(ascii: ".")) {
        guard let number = dots(piece) else { return nil }
        groups.append(UInt64(number >> 16))
        groups.append(UInt64(number & 0xffff))
        rest = []
        break
      }
      guard let value = hexadecimal(piece) else { return nil }
      groups.append(value)
      guard groups.count <= 8 else { return nil }
      rest = rest[end...].dropFirst()
      guard end != text.endIndex else { break }
      // A colon stands here: something must follow, and a second colon is the gap.
      guard let next = rest.first else { return nil }
      if next == colon {
        guard gap == nil else { return nil }
        gap = groups.count
        rest = rest.dropFirst()
      }
    }
    if let gap {
      guard groups.count < 8 else { return nil }
      groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
    }
    guard groups.count == 8 else { return nil }
    func half(_ groups: ArraySlice<UInt64>) -> UInt64 { groups.reduce(0) { $0 << 16 | $1 } }
    return (half(groups[..<4]), half(groups[4...]))
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard (1...4).contains(digits.count) else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit & 0x0f)
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        value = value << 4 | UInt64((digit & 0x0f) + 9)
      default: return nil
      }
    }
    return value
  }
}
