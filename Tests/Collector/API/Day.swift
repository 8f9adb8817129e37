import Postgres

/// Days in UTC.
enum Day {
  /// `2026-01-31` for milliseconds since 1970.
  static func text(_ milliseconds: Int64) -> String {
    String(Timestamp(milliseconds: milliseconds).description.prefix(10))
  }
}
