import Model

/// ICMP's echo messages and the errors that answer them (RFC 792, RFC 4443).
///
///     type 1, code 1, checksum 2, identifier 2, sequence 2, payload: nonce 8, filling
public enum EchoMessage {
  /// What a message that came is about.
  public enum Heard: Hashable, Sendable {
    case reply(identifier: UInt16, sequence: UInt16, nonce: UInt64)
    /// The request to that address did not get there; why, in a few words.
    case failed(identifier: UInt16, sequence: UInt16, to: IPAddress, String)
  }

  /// An echo request; its checksum is right for ICMP, and left to the kernel for ICMPv6.
  ///
  /// - Parameter size: bytes behind the header, at least those of the nonce.
  public static func request(
    isIPv6: Bool, identifier: UInt16, sequence: UInt16, nonce: UInt64, size: Int
  ) -> [UInt8] {
    var message: [UInt8] = [isIPv6 ? 128 : 8, 0, 0, 0]
    for number in [identifier, sequence] {
      message += [UInt8(number >> 8), UInt8(number & 255)]
    }
    message += (0..<8).map { UInt8(truncatingIfNeeded: nonce >> UInt64(56 - 8 * $0)) }
    let filling = min(max(8, size), EchoPlan.sizes.upperBound) - 8
    message += (0..<filling).map { UInt8(truncatingIfNeeded: $0) }
    if !isIPv6 {
      let sum = checksum(message)
      message[2] = UInt8(sum >> 8)
      message[3] = UInt8(sum & 255)
    }
    return message
  }

  /// Reads a message that came.
  ///
  /// - Parameter hasIPHeader: whether an IPv4 header stands before it, as raw sockets have it.
  /// - Returns: `nil` where it is about no echo.
  public static func heard(_ bytes: [UInt8], isIPv6: Bool, hasIPHeader: Bool) -> Heard? {
    var message = bytes[...]
    if hasIPHeader {
      guard let length = ipv4HeaderLength(message) else { return nil }
      message = message.dropFirst(length)
    }
    guard message.count >= 8 else { return nil }
    message = Array(message)[...]
    let content = message.dropFirst(8)
    switch (isIPv6, message[0]) {
    case (false, 0), (true, 129):
      guard content.count >= 8 else { return nil }
      return .reply(
        identifier: number(message, 4), sequence: number(message, 6),
        nonce: content.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    case (false, 3): return quoted(ipv4: content, unreachableIPv4(message[1]))
    case (false, 11): return quoted(ipv4: content, "its time to live ran out on the way")
    case (true, 1): return quoted(ipv6: content, unreachableIPv6(message[1]))
    case (true, 2): return quoted(ipv6: content, "the packet is too big for the way")
    case (true, 3): return quoted(ipv6: content, "its hop limit ran out on the way")
    default: return nil
    }
  }

  /// RFC 1071.
  static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      sum &+= index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
      // Folded as it goes, so that it never overflows.
      sum = (sum & 0xffff) &+ sum >> 16
    }
    return ~UInt16(truncatingIfNeeded: (sum & 0xffff) &+ sum >> 16)
  }

  private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt16 {
    let index = bytes.startIndex + offset
    return UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
  }

  private static func ipv4HeaderLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = bytes.first, first >> 4 == 4 else { return nil }
    let length = Int(first & 15) * 4
    return length >= 20 && bytes.count >= length ? length : nil
  }

  /// An error quotes the packet that it is about: its IP header and at least eight bytes.
  private static func quoted(ipv4 packet: ArraySlice<UInt8>, _ why: String) -> Heard? {
    guard let length = ipv4HeaderLength(packet), packet[packet.startIndex + 9] == 1 else {
      return nil
    }
    let start = packet.startIndex
    let target = packet[(start + 16)..<(start + 20)].reduce(0) { $0 << 8 | UInt32($1) }
    return quoted(packet.dropFirst(length), type: 8, to: .ipv4(target), why)
  }

  private static func quoted(ipv6 packet: ArraySlice<UInt8>, _ why: String) -> Heard? {
    guard packet.count >= 40, packet[packet.startIndex] >> 4 == 6,
      packet[packet.startIndex + 6] == 58
    else { return nil }
    let target = Array(packet.dropFirst(24).prefix(16)).withUnsafeBytes { IPAddress($0) }
    return target.flatMap { quoted(packet.dropFirst(40), type: 128, to: $0, why) }
  }

  private static func quoted(
    _ message: ArraySlice<UInt8>, type: UInt8, to target: IPAddress, _ why: String
  ) -> Heard? {
    guard message.count >= 8, message.first == type else { return nil }
    return .failed(
      identifier: number(message, 4), sequence: number(message, 6), to: target, why)
  }

  private static func unreachableIPv4(_ code: UInt8) -> String {
    switch code {
    case 0, 6, 11: "the network is unreachable"
    case 1, 7, 12: "the host is unreachable"
    case 2: "the host does not do ICMP"
    case 4: "the packet is too big for the way"
    case 9, 10, 13: "it is forbidden on the way"
    default: "unreachable, code \(code)"
    }
  }

  private static func unreachableIPv6(_ code: UInt8) -> String {
    switch code {
    case 0: "there is no route"
    case 1, 5, 6: "it is forbidden on the way"
    case 3: "the host is unreachable"
    default: "unreachable, code \(code)"
    }
  }
}
