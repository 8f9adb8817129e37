import Model
import Postgres
import Quorum

/// What incidents that open, change or close in one batch have in common with those that are open
/// (`Quorum.SharedCause`), and the rows of `cause` that come of it.
///
/// Whoever looks holds a lock of each organization concerned (`AdvisoryLock.causes`), so that of two
/// workers that open incidents of one organization the later sees what the earlier decided. Nobody
/// else is held up: steps that touch no incident lock nothing, and neither do those who change the
/// organization wait, or are waited for.
struct CauseRows {
  typealias Decision = (input: DecisionInput, output: DecisionOutput)

  /// A cause that these decisions found.
  private struct Made {
    var id: CauseID
    var organizationID: Int32
    var membership: Opening.Membership
  }

  private var openings: [Int32: [Opening]] = [:]
  /// To which cause a monitor's open incident belongs.
  private var causes: [Int64: CauseID] = [:]
  private var made: [Made] = []
  /// Monitors whose incident is to be put under a cause.
  private var placed: Set<Int64> = []
  /// Causes whose beginning or end may have changed.
  private var touched: Set<CauseID> = []
  /// Monitors whose incident was opened while none of their voters was heard.
  private var blind: [Int64] = []

  /// Finds what the incidents of `decisions` belong to.
  static func find(
    _ decisions: [Decision], _ connection: Connection
  ) throws(PostgresError) -> CauseRows {
    var rows = CauseRows()
    let concerned = Set(
      decisions.filter { $0.output.directives.contains(where: \.concernsIncident) }
        .map(\.input.organizationID))
    guard !concerned.isEmpty else { return rows }
    try rows.load(concerned.sorted(), connection)
    for (input, output) in decisions {
      for step in output.steps {
        for directive in step.directives { rows.take(directive, step, input) }
      }
    }
    return rows
  }

  private mutating func load(
    _ organizations: [Int32], _ connection: Connection
  ) throws(PostgresError) {
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(
        """
        SELECT pg_advisory_xact_lock($2, id)
        FROM (SELECT id FROM unnest($1::int4[]) AS o (id) ORDER BY id OFFSET 0) AS sorted
        """, organizations, AdvisoryLock.causes)
      try pipeline.add(
        """
        SELECT i.organization_id, i.monitor_key, i.severity, i.decided_at, m.parent_key, i.blind,
          i.cause_id, c.kind, c.lead_key
        FROM incident AS i JOIN monitor AS m ON m.key = i.monitor_key
        LEFT JOIN cause AS c ON c.id = i.cause_id
        WHERE i.organization_id = ANY ($1::int4[]) AND i.ended_at IS NULL
        """, organizations)
    }
    for row in answers[1] {
      guard let severity = Severity(rawValue: try row.get(2)) else { continue }
      let monitor = try row.get(1, as: Int64.self)
      var opening = Opening(
        monitor: monitor, severity: severity,
        decidedAt: try row.get(3, as: Timestamp.self).milliseconds, parent: try row.get(4),
        isBlind: try row.get(5))
      if let id = try row.get(6, as: CauseID?.self), let lead = try row.get(8, as: Int64?.self),
        let kind = try row.get(7, as: String?.self).flatMap({ Opening.Cause(rawValue: $0) })
      {
        opening.membership = Opening.Membership(lead: lead, cause: kind)
        causes[monitor] = id
      }
      openings[try row.get(0), default: []].append(opening)
    }
  }

  /// What one directive does to the incidents that are open.
  private mutating func take(_ directive: Directive, _ step: TakenStep, _ input: DecisionInput) {
    let (key, organization) = (input.claim.monitorKey, input.organizationID)
    switch directive {
    case .openIncident(let severity, _):
      let isBlind = !step.event.panel.seats.contains { $0.voter?.isLive == true }
      if isBlind { blind.append(key) }
      place(
        Opening(
          monitor: key, severity: severity, decidedAt: step.after.steppedAt,
          parent: input.parent, isBlind: isBlind), organization)
    case .changeSeverity(let severity):
      guard var opening = openings[organization]?.first(where: { $0.monitor == key }) else {
        return
      }
      opening.severity = severity
      opening.decidedAt = step.after.steppedAt
      if opening.membership == nil {
        place(opening, organization)
      } else {
        put(opening, organization)
      }
    case .closeIncident:
      openings[organization]?.removeAll { $0.monitor == key }
      if let cause = causes.removeValue(forKey: key) { touched.insert(cause) }
      placed.remove(key)
    case .askProbes, .recordVerdict, .markIncident, .tell, .forgetVote: break
    }
  }

  private mutating func place(_ news: Opening, _ organization: Int32) {
    let open = openings[organization] ?? []
    put(news, organization)
    switch SharedCause.grouping(of: news, among: open) {
    case .alone: break
    case .joins(let membership): gather([news.monitor], membership, organization)
    case .gathers(let membership, let monitors): gather(monitors, membership, organization)
    }
  }

  private mutating func put(_ opening: Opening, _ organization: Int32) {
    openings[organization, default: []].removeAll { $0.monitor == opening.monitor }
    openings[organization, default: []].append(opening)
  }

  /// Puts the incidents of `monitors`, and the lead's, under one cause.
  private mutating func gather(
    _ monitors: [Int64], _ membership: Opening.Membership, _ organization: Int32
  ) {
    let open = openings[organization] ?? []
    let known = open.first { $0.membership == membership && causes[$0.monitor] != nil }
    let id = known.flatMap { causes[$0.monitor] } ?? CauseID.random()
    if known == nil {
      made.append(Made(id: id, organizationID: organization, membership: membership))
    }
    touched.insert(id)
    for var opening in open
    where monitors.contains(opening.monitor) || opening.monitor == membership.lead {
      if let old = causes[opening.monitor], old != id { touched.insert(old) }
      causes[opening.monitor] = id
      placed.insert(opening.monitor)
      opening.membership = membership
      put(opening, organization)
    }
  }

  /// To be added before the incidents themselves.
  func addCauses(to pipeline: inout Pipeline) throws(PostgresError) {
    guard !made.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO cause (id, organization_id, kind, lead_key)
      SELECT * FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::int8[])
      """, made.map(\.id), made.map(\.organizationID), made.map(\.membership.cause.rawValue),
      made.map(\.membership.lead))
  }

  /// To be added after the incidents.
  func addMembers(to pipeline: inout Pipeline) throws(PostgresError) {
    if !blind.isEmpty {
      try pipeline.add(
        """
        UPDATE incident SET blind = true
        WHERE monitor_key = ANY ($1::int8[]) AND ended_at IS NULL
        """, blind)
    }
    if !placed.isEmpty {
      let monitors = placed.sorted()
      try pipeline.add(
        """
        SELECT FROM incident WHERE monitor_key = ANY ($1::int8[]) AND ended_at IS NULL
        ORDER BY monitor_key FOR NO KEY UPDATE
        """, monitors)
      try pipeline.add(
        """
        UPDATE incident AS i SET cause_id = n.cause_id
        FROM unnest($1::int8[], $2::uuid[]) AS n (monitor_key, cause_id)
        WHERE i.monitor_key = n.monitor_key AND i.ended_at IS NULL
        """, monitors, monitors.map { causes[$0] })
    }
    guard !touched.isEmpty else { return }
    let touchedCauses = Array(touched)
    try pipeline.add(
      """
      DELETE FROM cause AS c WHERE id = ANY ($1::uuid[])
        AND NOT EXISTS (SELECT FROM incident AS i WHERE i.cause_id = c.id)
      """, touchedCauses)
    try pipeline.add(
      """
      UPDATE cause AS c SET started_at = m.started_at, members = m.members,
        ended_at = CASE WHEN m.is_open THEN NULL ELSE m.ended_at END
      FROM (
        SELECT cause_id, min(started_at) AS started_at, max(ended_at) AS ended_at,
          count(*) AS members, bool_or(ended_at IS NULL) AS is_open
        FROM incident WHERE cause_id = ANY ($1::uuid[]) GROUP BY cause_id) AS m
      WHERE c.id = m.cause_id
      """, touchedCauses)
  }
}

extension Directive {
  fileprivate var concernsIncident: Bool {
    switch self {
    case .openIncident, .changeSeverity, .closeIncident, .markIncident: true
    case .askProbes, .recordVerdict, .tell, .forgetVote: false
    }
  }
}
