import JSON

/// A check that is tried once, from every region.
public struct CheckTry: APIResource {
  public static let path = "/api/v1/checks"
  public let json: JSONValue
  public init(_ json: JSONValue) { self.json = json }

  public var id: String { text("id") }
  /// Whether every region has said what it will say.
  public var isDone: Bool { json["state"]?.stringValue == "done" }
  public var regions: [Region] { (json["regions"]?.elements ?? []).map(Region.init) }

  /// What one region says of it.
  public struct Region: APIResource {
    public let json: JSONValue
    public init(_ json: JSONValue) { self.json = json }

    public var region: String { text("region") }
    /// The id of the agent that is asked; `nil` where none is live.
    public var agent: String? { json["agent"]?.stringValue }
    /// `up`, `degraded`, `down` or `unknown`; `nil` while it is awaited.
    public var outcome: String? { json["outcome"]?.stringValue }
    /// Why it is not up, such as `timeout.connect`.
    public var reason: String? { json["reason"]?.stringValue }
    public var reasonText: String? { json["reason_text"]?.stringValue }
    public var detail: String? { json["detail"]?.stringValue }
    public var address: String? { json["address"]?.stringValue }
    /// The status of HTTP and of gRPC, the code of DNS.
    public var status: Int64? { json["status"]?.integerValue }
    /// Microseconds from the probe's start to the end of `dns`, `connect`, `tls`, `first_byte` or to the
    /// `total`.
    public func microseconds(_ phase: String) -> Int64? {
      switch json["phases_ms"]?[phase] {
      case .number(let ms): Int64(exactly: (ms * 1_000).rounded())
      case .integer(let ms): ms.multipliedReportingOverflow(by: 1_000).partialValue
      default: nil
      }
    }
    /// Addresses that were tried and redirects that were followed.
    public var attempts: [String] { (json["attempts"]?.elements ?? []).compactMap(\.stringValue) }
  }
}

extension APIClient {
  /// Has one agent in each region try a check; what they find comes by `triedCheck`.
  ///
  /// - Parameters:
  ///   - check: as a monitor has it.
  ///   - timeoutMs: 100 to 60,000; 10,000 where it is not given.
  ///   - regions: `nil` is all there are.
  public func tryCheck(
    _ check: JSONValue, timeoutMs: Int64? = nil, regions: [String]? = nil
  ) async throws(APIError) -> CheckTry {
    var body = JSONObject()
    body["check"] = check
    body["timeout_ms"] = timeoutMs.map { .integer($0) }
    body["regions"] = regions.map { .strings($0) }
    return CheckTry(try await post(CheckTry.path, .object(body)))
  }

  /// What came of a check that is tried, as far as it has come: to be asked every 250 ms or so, for some
  /// minutes.
  public func triedCheck(_ id: String) async throws(APIError) -> CheckTry {
    CheckTry(try await get("\(CheckTry.path)/\(id)"))
  }
}
