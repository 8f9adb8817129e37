/// What went wrong between this process and Postgres, with the one reaction it calls for.
public struct PostgresError: Error, Hashable, Sendable {
  /// The reaction.
  public var kind: Kind
  /// The five characters of the SQL standard and of Postgres' appendix A; empty where the server
  /// said nothing.
  public var sqlState: String
  /// One sentence for a person. Never holds a password, may hold parts of a row.
  public var message: String
  /// The constraint that was violated, where one was.
  public var constraint: String?

  public init(_ kind: Kind, sqlState: String = "", constraint: String? = nil, _ message: String) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.constraint = constraint
  }

  /// What the one who asked should do.
  public enum Kind: Sendable, Hashable {
    /// Two transactions met (serialization, deadlock, a lock that was not to be had): run the
    /// transaction again, on the same connection.
    case retry
    /// The connection is gone and nothing was committed: ask again on a new one.
    case reconnect
    /// The connection went away while a COMMIT was on its way: only the rows can tell whether it
    /// happened.
    case outcomeUnknown
    /// The server can't serve now (starting, full, read-only, out of connections): ask again later.
    case unavailable
    /// These values can't be stored, now or later: a constraint, a range, an encoding.
    case rejectedData
    /// The server refuses this user, password or database: a person must change something.
    case giveUp
    /// The program asked something wrong: a statement that does not parse, a value of another type.
    case bug
  }

  /// Whether the violated constraint is a unique one (23505).
  public var isUniqueViolation: Bool { sqlState == "23505" }

  /// Whether no partition takes the row (23514 of a partitioned table has no constraint's name).
  public var isMissingPartition: Bool { sqlState == "23514" && constraint == nil }
}

extension PostgresError: CustomStringConvertible {
  public var description: String {
    sqlState.isEmpty ? message : "\(message) (SQLSTATE \(sqlState))"
  }
}

extension PostgresError.Kind {
  /// The reaction to a state that the server reported (Postgres manual, appendix A).
  init(sqlState: String, message: String) {
    switch sqlState {
    case "40001", "40P01", "55P03": self = .retry
    // A plan that an ALTER TABLE made stale, or a statement that a proxy forgot.
    case "26000": self = .retry
    case "0A000" where message.contains("cached plan"): self = .retry
    case "57P01", "57P02", "57P05", "25P03", "25P02": self = .reconnect
    case "57P03", "53300", "25006", "57014": self = .unavailable
    case "3D000", "42501": self = .giveUp
    default:
      switch sqlState.prefix(2) {
      case "08": self = .reconnect
      case "53", "58": self = .unavailable
      case "28": self = .giveUp
      case "22", "23": self = .rejectedData
      default: self = .bug
      }
    }
  }
}
