import Model

/// What a probe found, as far as a person needs it to believe a vote.
public struct Evidence: Hashable, Sendable, Codable {
  /// `Reason`'s number, or one of a later version; `nil` where nothing failed.
  public var reason: Int16?
  /// libcurl's `CURLcode`; `nil` where libcurl was not used.
  public var curlCode: Int16?
  /// The HTTP status, where there was one.
  public var status: Int16?
  /// How long the whole check took, in microseconds.
  public var totalUs: Int32?
  /// How long its phases took, in microseconds, as far as they were reached.
  public var dnsUs: Int32?
  public var connectUs: Int32?
  public var tlsUs: Int32?
  public var firstByteUs: Int32?
  /// The address that was asked; `nil` where none was told.
  public var address: String?
  /// The failure's own words.
  public var detail: String?
  /// The question ("probe now") that it answers; `nil` for a scheduled probe.
  public var request: ProbeRequestID?

  public init(
    reason: Int16? = nil, curlCode: Int16? = nil, status: Int16? = nil,
    totalUs: Int32? = nil, detail: String? = nil
  ) {
    self.reason = reason
    self.curlCode = curlCode
    self.status = status
    self.totalUs = totalUs
    self.detail = detail
  }
}
