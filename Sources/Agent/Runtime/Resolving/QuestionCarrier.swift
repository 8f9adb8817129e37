import DNS
import Model

/// A question to a name server that is to travel encrypted.
public struct CarriedQuestion: Hashable, Sendable {
  /// Names it to the resolver, once.
  public var number: UInt64
  /// The whole message (RFC 1035 section 4).
  public var message: [UInt8]
  /// With its identity.
  public var server: ServerAddress
  /// An encrypted one.
  public var transport: LookupTransport
  public var tls: TLSWishes
  /// The most that it may take, in microseconds.
  public var limitUs: Int64
}

/// Carries questions for a resolver, which itself speaks in clear alone.
///
/// Its calls come on the loop's thread.
public protocol QuestionCarrier: AnyObject {
  /// Carries a question to the address of its server and no other. What came of it is told to the
  /// resolver's `carried`, once, and never from within this call.
  ///
  /// - Returns: why it can't be begun; `nil` where it is.
  func carry(_ question: CarriedQuestion) -> Failure?

  /// Nobody wants an answer any more; its number may be one that is over.
  func drop(_ number: UInt64)
}

/// What came back for a question that was carried.
public enum CarriedAnswer: Hashable, Sendable {
  /// One message, as it came.
  case message([UInt8])
  case failed(Failure)
}
