import Model

/// A datagram to be sent, and what is to come back.
public struct DatagramPlan: Hashable, Sendable {
  /// How long silence is listened to where nothing is expected, in microseconds.
  public static let longestSilenceUs: Int64 = 1_000_000
  public static let mostResends = 10

  /// The first that the agent may and can send to is asked.
  public var addresses: [IPAddress]
  public var port: UInt16
  public var limitUs: Int64
  public var payload: [UInt8]
  /// It must be in one datagram from the peer. With none, the target is up unless it refuses within
  /// the limit or `longestSilenceUs`, whichever is shorter.
  public var expectation: AwaitedText?
  /// How often the payload is sent again while nothing comes, evenly within the time.
  public var resends: Int

  public init(
    addresses: [IPAddress], port: UInt16, limitUs: Int64, payload: [UInt8],
    expectation: AwaitedText? = nil, resends: Int = 0
  ) {
    self.addresses = addresses
    self.port = port
    self.limitUs = limitUs
    self.payload = payload
    self.expectation = expectation
    self.resends = resends
  }
}
