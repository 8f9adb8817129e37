/// One call of the gRPC health service (`grpc.health.v1.Health/Check`).
public struct GRPCCheck: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  public var port: UInt16
  public var family: AddressFamily = .any
  /// The service that is asked for; empty for the server as a whole.
  public var service: String = ""
  /// `nil` where the connection is not encrypted.
  public var tls: TLSWishes? = TLSWishes()
  /// Sent along, names in lower case.
  public var metadata: [RequestHeader] = []
  public var conditions: [String] = []
  public var degradedAboveMs: UInt32?
  /// A certificate with fewer days left than this is degraded; `nil` never is.
  public var degradedBelowCertificateDays: UInt32?

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
