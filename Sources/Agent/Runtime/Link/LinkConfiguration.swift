import Spool

/// What the link is told at the start.
public struct LinkConfiguration: Sendable {
  /// The name and version that collectors see.
  public var software: String
  /// A proxy as libcurl takes it; `nil` for none.
  public var proxy: String?
  public var spoolLimits: SpoolLimits
  /// How often ALIVE is sent, in milliseconds.
  public var aliveMs: Int64 = 5_000
  /// Whether the canaries of the assignment are asked.
  public var asksCanaries = true

  public init(software: String, proxy: String? = nil, spoolLimits: SpoolLimits = SpoolLimits()) {
    self.software = software
    self.proxy = proxy
    self.spoolLimits = spoolLimits
  }
}

/// How the shipper ended.
public enum LinkEnd: Equatable, Sendable {
  /// It was asked to; so many batches wait on disk for the next start.
  case stopped(unacked: Int)
  /// A proven collector said that this agent is revoked.
  case revoked
  /// It could not go on.
  case failed(String)
}
