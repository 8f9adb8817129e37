import OpenSSL
import Postgres

/// What all collectors of one database share: its identity, and the key and certificate that they
/// show to agents.
public struct Installation: Sendable {
  public let id: PostgresUUID
  /// The ingress certificate, PEM.
  public let certificate: String
  /// Its private key, PKCS #8 in PEM.
  public let privateKey: String
  /// SHA-256 of the certificate's SubjectPublicKeyInfo: the pin that agents hold.
  public let pin: [UInt8]

  /// Why a collector can't use the installation.
  public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
    case anotherKeyFile

    public var description: String {
      switch self {
      case .anotherKeyFile:
        "this database was set up with another key file: give this collector the one that the "
          + "others use, for its secrets can't be read with this one"
      }
    }
  }

  /// Sealed at setup and opened at each start, to tell whether the key file is the same.
  private static let checkText = Array("upblit key check".utf8)
  /// The certificate's life; a pin replaces its dates.
  private static let certificateDays = 3650

  /// Reads the installation, or makes it where the database is new; of several collectors that
  /// start at once one makes it. Throws `Problem`, `PostgresError` or `OpenSSLError`.
  public static func open(_ connection: Connection, key: SealingKey) throws -> Installation {
    if let present = try read(connection, key: key) { return present }
    return try connection.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock(hashtext('installation'))")
      if let present = try read(connection, key: key) { return present }
      return try make(connection, key: key)
    }
  }

  private static func read(_ connection: Connection, key: SealingKey) throws -> Installation? {
    let rows = try connection.query(
      """
      SELECT id, key_check, ingress_key_sealed, ingress_certificate, ingress_pin FROM installation
      """)
    guard let row = rows.first else { return nil }
    let (id, check, sealed, certificate, pin) = try row.decode(
      PostgresUUID.self, [UInt8].self, [UInt8].self, String.self, [UInt8].self)
    guard (try? key.open(check, context: checkContext(id))) == checkText else {
      throw Problem.anotherKeyFile
    }
    let privateKey = try key.open(sealed, context: keyContext(id))
    return Installation(
      id: id, certificate: certificate, privateKey: String(decoding: privateKey, as: UTF8.self),
      pin: pin)
  }

  private static func make(_ connection: Connection, key: SealingKey) throws -> Installation {
    let pair = try SelfSignedCertificate(commonName: "upblit ingress", days: certificateDays)
    let id = PostgresUUID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    try connection.query(
      """
      INSERT INTO installation (
        id, key_check, ingress_key_sealed, ingress_certificate, ingress_pin)
      VALUES ($1, $2, $3, $4, $5)
      """, id, key.seal(checkText, context: checkContext(id)),
      key.seal(Array(pair.privateKey.utf8), context: keyContext(id)), pair.certificate,
      pair.publicKeyHash)
    return Installation(
      id: id, certificate: pair.certificate, privateKey: pair.privateKey, pin: pair.publicKeyHash)
  }

  private static func checkContext(_ id: PostgresUUID) -> [UInt8] { context("key check", id) }
  private static func keyContext(_ id: PostgresUUID) -> [UInt8] { context("ingress key", id) }

  private static func context(_ purpose: String, _ id: PostgresUUID) -> [UInt8] {
    var bytes = Array(purpose.utf8)
    _ = id.encodePostgres(into: &bytes)
    return bytes
  }
}
