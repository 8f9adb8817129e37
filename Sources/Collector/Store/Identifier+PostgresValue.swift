import Model
import Postgres

/// Identifiers travel as `uuid`.
extension Identifier: PostgresValue {
  public static var postgresType: UInt32 { PostgresUUID.postgresType }
  public static var postgresArrayType: UInt32 { PostgresUUID.postgresArrayType }

  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    PostgresUUID(high: high, low: low).encodePostgres(into: &bytes)
  }

  public init(postgres field: Field) throws(PostgresError) {
    let uuid = try PostgresUUID(postgres: field)
    self.init(high: uuid.high, low: uuid.low)
  }
}
