import Postgres

/// One step of the schema. Steps are numbered without gaps, run once and never changed after a
/// release; they only go forward.
public struct Migration: Sendable {
  /// From 1.
  public let number: Int32
  /// A few words, kept beside the number in `schema_migration`.
  public let name: String
  /// What is run, in one transaction.
  let sql: SQL

  /// Every step that this program knows, in order. Until the first release there is one.
  public static let all: [Migration] = [.beginnings]

  /// The version of the schema that this program works with.
  public static var newest: Int32 { all.last?.number ?? 0 }
}
