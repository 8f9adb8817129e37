import Model
public import Postgres
public import Quorum

/// The regions in which an organization's monitors can be probed, as they stand now.
public struct RegionPosts: Hashable, Sendable {
  /// The provider of a live agent by region; `nil` where none is live.
  private let domains: [String: String?]
  /// The provider of any agent by region.
  private let providers: [String: String]

  /// Reads all regions that have agents for `organization`.
  public init(
    organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) {
    let rows = try connection.query(
      """
      SELECT a.region, min(a.provider) FILTER (WHERE p.state = 'live'), min(a.provider)
      FROM agent a LEFT JOIN agent_presence p ON p.agent_key = a.key
      WHERE a.status = 'active' AND (a.organization_id = $1 OR a.organization_id IS NULL)
      GROUP BY a.region
      """, organization.rawValue)
    var domains: [String: String?] = [:]
    var providers: [String: String] = [:]
    for row in rows {
      let region = try row.get(0, as: String.self)
      domains.updateValue(try row.get(1, as: String?.self), forKey: region)
      providers[region] = try row.get(2)
    }
    self.domains = domains
    self.providers = providers
  }

  /// The regions that vote for a monitor that names `regions`; `nil` takes all there are: where they
  /// are too many, those that would be dealt to it now.
  public func posts(_ regions: [String]?, of monitor: Int64 = 0) -> [Policy.Post] {
    RegionChoice.choose(
      monitor: monitor,
      among: (regions ?? Array(providers.keys)).map {
        RegionChoice.Candidate(region: $0, provider: providers[$0] ?? "", isHeld: false)
      }
    ).map { Policy.Post(region: $0, domain: domains[$0] ?? nil) }
  }

  /// What `record`'s policy asks for and these regions can't give; nothing of a paused monitor.
  public func shortages(of record: MonitorRecord) -> [Policy.Shortage] {
    record.draft.paused
      ? [] : record.policy.shortages(of: posts(record.draft.regions, of: record.key))
  }
}
