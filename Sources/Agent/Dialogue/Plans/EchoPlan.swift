import Model

/// Echo requests to be sent (RFC 792, RFC 4443), and how many of them may be lost.
public struct EchoPlan: Hashable, Sendable {
  /// Bytes behind the ICMP header; a nonce takes the first eight.
  public static let sizes = 8...65_000
  public static let counts = 1...100

  /// The first that the agent may and can send to is asked.
  public var addresses: [IPAddress]
  /// The most that the whole check may take, in microseconds.
  public var limitUs: Int64
  /// Packets; brought into `counts`.
  public var count: Int
  /// From one packet to the next.
  public var intervalUs: Int64
  /// How long a reply to the last packet is waited for.
  public var timeoutUs: Int64
  /// Brought into `sizes`.
  public var size: Int
  /// How many of a thousand packets may be lost while the target still counts as up.
  public var lossLimitPermille: Int

  public init(
    addresses: [IPAddress], limitUs: Int64, count: Int = 3, intervalUs: Int64 = 200_000,
    timeoutUs: Int64 = 1_000_000, size: Int = 56, lossLimitPermille: Int = 999
  ) {
    self.addresses = addresses
    self.limitUs = limitUs
    self.count = count
    self.intervalUs = intervalUs
    self.timeoutUs = timeoutUs
    self.size = size
    self.lossLimitPermille = lossLimitPermille
  }
}
