import Checks
public import JSON
public import Model
import OpenSSL
public import Postgres
public import Quorum

/// A monitor as the store holds it.
public struct MonitorRecord: Hashable, Sendable {
  /// The store's own number.
  public var key: Int64
  public var id: MonitorID
  public var draft: MonitorDraft
  /// Counts the questions that this monitor has asked; a changed check, interval or timeout begins
  /// another.
  public var epoch: Int32
  /// The slot of the present epoch.
  public var slot: Int64
  public var createdAt: Timestamp
  public var updatedAt: Timestamp
  /// The organization's policy, which a monitor without one of its own inherits.
  public var organizationPolicy: Policy
  /// The newest verdict, and since when it holds; `nil` before the first.
  public var verdict: String?
  public var verdictSince: Timestamp?
  /// Whether a planned maintenance is on, as its engine was told.
  public var isMaintained: Bool

  /// The word for the kind of its check, as it is stored.
  public var kind: String
  /// The document of its check, without the values of secrets; of a check that can't be read its kind
  /// alone.
  public var shownCheck: JSONValue

  /// The policy that decides: its own, or the organization's.
  public var policy: Policy { draft.policy ?? organizationPolicy }

  /// One word for how it stands: a verdict, `paused`, or `pending` before the first verdict.
  public var state: String { draft.paused ? "paused" : verdict ?? "pending" }

  /// Changes with every change of the monitor; not with its verdicts.
  public var version: String { "\(epoch)-\(updatedAt.microseconds)" }

  /// The columns that `init(_:)` reads, of `monitor m` and `v`, its newest verdict.
  static let columns: SQL = """
    m.key, m.id, m.name, m."check", m.secrets, m.interval_s, m.timeout_ms, m.regions, m.policy,
    m.paused, m.epoch, m.slot, m.created_at, m.updated_at, v.verdict, v.started_at,
    (SELECT o.policy FROM organization o WHERE o.id = m.organization_id),
    EXISTS (SELECT FROM monitor_maintenance AS x WHERE x.monitor_key = m.key),
    (SELECT p.id FROM monitor p WHERE p.key = m.parent_key AND p.deleted_at IS NULL),
    m.kind, m.tags
    """

  /// Joins the newest verdict of `m` as `v`.
  static let newestVerdict: SQL = """

    LEFT JOIN LATERAL (
      SELECT verdict, started_at FROM verdict
      WHERE monitor_key = m.key AND organization_id = m.organization_id ORDER BY id DESC LIMIT 1
    ) v ON true

    """

  init(_ row: Row, _ sealing: SealingKey) throws {
    key = try row.get(0)
    id = try row.get(1)
    kind = try row.get(19)
    (draft, shownCheck) = Self.draft(
      try row.get(2), kind, document: try row.get(3, as: JSONText.self).text,
      sealed: try row.get(4), of: id, sealing)
    draft.intervalSeconds = try row.get(5)
    draft.timeoutMs = try row.get(6)
    draft.regions = try row.get(7)
    draft.policy = try row.get(8, as: JSONText?.self).map { try PolicyDocument.decode($0.text) }
    draft.paused = try row.get(9)
    epoch = try row.get(10)
    slot = try row.get(11)
    createdAt = try row.get(12)
    updatedAt = try row.get(13)
    verdict = try row.get(14)
    verdictSince = try row.get(15)
    organizationPolicy = try PolicyDocument.decode(try row.get(16, as: JSONText.self).text)
    isMaintained = try row.get(17)
    draft.parent = try row.get(18)
    draft.tags = try row.get(20)
  }

  private static func draft(
    _ name: String, _ kind: String, document: String, sealed: [UInt8]?, of id: MonitorID,
    _ sealing: SealingKey
  ) -> (MonitorDraft, shownCheck: JSONValue) {
    if sealed == nil,
      let known = try? KnownChecks.shared.check(
        of: document,
        { text throws(FieldErrors) in try CheckDocument.decodeJudged(text, secrets: []) })
    {
      return (MonitorDraft(name: name, check: known.check), known.shown)
    }
    if let secrets = try? SealedSecrets.open(sealed, monitor: id, sealing),
      let check = try? CheckDocument.decodeJudged(document, secrets: secrets)
    {
      return told(MonitorDraft(name: name, check: check))
    }
    do throws(FieldErrors) {
      var draft = MonitorDraft(
        name: name, check: try CheckDocument.decodeJudgedWithoutSecrets(document))
      draft.secretsAreLost = true
      return told(draft)
    } catch {
      return (
        MonitorDraft(name: name, checkProblem: words(error)), ["kind": .string(kind)]
      )
    }
  }

  private static func told(_ draft: MonitorDraft) -> (MonitorDraft, shownCheck: JSONValue) {
    (draft, CheckDocument.json(draft.check, hidingSecrets: true))
  }

  /// The first mistakes, each with its place: `/url: must be a string; and 2 more`.
  private static func words(_ error: FieldErrors) -> String {
    let shown = error.errors.prefix(3).map(\.description)
    let left = error.errors.count - shown.count
    return shown.joined(separator: "; ") + (left > 0 ? "; and \(left) more" : "")
  }
}
