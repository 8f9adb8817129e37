import JSON
public import Model
public import Postgres

/// What somebody wants of a maintenance: all of it for a new one, the rest stays as it is for one
/// that is changed.
public struct MaintenanceWish: Hashable, Sendable {
  public var title: String?
  /// `nil` begins a new one at once.
  public var startsAt: Timestamp?
  public var end: End?
  public var scope: Scope?

  /// When it ends.
  public enum End: Hashable, Sendable {
    case at(Timestamp)
    /// So many seconds after its beginning.
    case after(seconds: Int64)
  }

  /// Which monitors are maintained.
  public enum Scope: Hashable, Sendable {
    /// All of the organization, those that come to it later too.
    case all
    case monitors([MonitorID])
  }

  /// The most monitors that one may name.
  public static let mostMonitors = 200
  /// The most windows of an organization that are not over.
  public static let mostOpen: Int64 = 1_000
  /// How long one may be, s.
  public static let seconds: ClosedRange<Int64> = 60...92 * 86_400
  /// How far ahead one may begin, ms.
  static let aheadMs: Int64 = 400 * 86_400_000
  /// How far behind the database's clock one that is to begin now may be said to begin, ms.
  static let behindMs: Int64 = 60_000

  public init() {}
}

/// From when to when a maintenance is.
struct MaintenanceSpan: Hashable, Sendable {
  var startsAt: Timestamp
  var endsAt: Timestamp

  /// What `wish` makes of it at `now`, by the database's clock; of nothing where it is `nil`. Throws
  /// what can't be had of it.
  static func of(
    _ wish: MaintenanceWish, changing present: MaintenanceSpan?, now: Timestamp
  ) throws(FieldErrors) -> MaintenanceSpan {
    var errors = FieldErrors()
    var startsAt = present?.startsAt ?? now
    if let wanted = wish.startsAt, wanted != present?.startsAt {
      if let present, present.startsAt <= now {
        errors.add("/starts_at", "the maintenance has begun, so that its beginning can't be moved")
      } else if wanted < now.adding(milliseconds: -MaintenanceWish.behindMs) {
        errors.add("/starts_at", "lies in the past; leave it out to begin now")
      } else if wanted > now.adding(milliseconds: MaintenanceWish.aheadMs) {
        errors.add("/starts_at", "lies more than 400 days ahead")
      } else {
        startsAt = max(wanted, now)
      }
    }
    var endsAt = present?.endsAt
    var name = "/ends_at"
    switch wish.end {
    case .at(let time): endsAt = time
    case .after(let seconds):
      name = "/duration_s"
      endsAt = startsAt.adding(milliseconds: seconds * 1_000)
    case nil: break
    }
    guard let endsAt else {
      errors.add("/ends_at", "is required, or duration_s in its place")
      throw errors
    }
    let seconds = (endsAt.milliseconds - startsAt.milliseconds) / 1_000
    if endsAt <= startsAt {
      errors.add(name, "must be later than starts_at")
    } else if endsAt <= now {
      errors.add(name, "lies in the past; delete the maintenance to end it now")
    } else if !MaintenanceWish.seconds.contains(seconds) {
      errors.add(name, "makes a maintenance of \(seconds) s; it must last from 60 s to 92 days")
    }
    if !errors.errors.isEmpty { throw errors }
    return MaintenanceSpan(startsAt: startsAt, endsAt: endsAt)
  }
}
