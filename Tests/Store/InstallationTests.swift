import Glibc
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@Suite struct InstallationTests {
  static func key(_ byte: UInt8) throws -> SealingKey {
    try #require(SealingKey([UInt8](repeating: byte, count: 32)))
  }

  @Test func `of collectors that start at once one makes the installation`() async throws {
    let database = try TestDatabase.make()
    let pool = try database.pool(size: 6)
    let key = try Self.key(1)
    let pins = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<6 {
        group.addTask { try await pool.run { try Installation.open($0, key: key).pin } }
      }
      return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
    }
    #expect(pins.count == 1)
    #expect(pins.first?.count == 32)
  }

  @Test func `what was made is read back, sealed in between`() throws {
    let connection = try TestDatabase.make().connect()
    let made = try Installation.open(connection, key: Self.key(1))
    let read = try Installation.open(connection, key: Self.key(1))
    #expect(made.privateKey == read.privateKey)
    #expect(made.privateKey.contains("PRIVATE KEY"))
    #expect(try SelfSignedCertificate.publicKeyHash(ofPEM: read.certificate) == read.pin)
    let sealed = try #require(
      try connection.query("SELECT ingress_key_sealed FROM installation").first)
    let bytes = try sealed.get(0, as: [UInt8].self)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("PRIVATE"))
  }

  @Test func `another key file is refused`() throws {
    let connection = try TestDatabase.make().connect()
    _ = try Installation.open(connection, key: Self.key(1))
    #expect(throws: Installation.Problem.anotherKeyFile) {
      try Installation.open(connection, key: Self.key(2))
    }
  }

  @Test func `a key file is made once, for its owner alone`() throws {
    let path = "/tmp/upblit-key-\(getpid())-\(Int.random(in: 0 ... .max))"
    defer { unlink(path) }
    #expect(throws: KeyFile.Problem.missing(path: path)) { try KeyFile.read(path) }
    let made = try KeyFile.create(path)
    let sealed = try made.seal([1, 2, 3], context: [])
    #expect(try KeyFile.read(path).open(sealed, context: []) == [1, 2, 3])
    #expect(throws: KeyFile.Problem.alreadyThere(path: path)) { try KeyFile.create(path) }
    chmod(path, 0o644)
    #expect(throws: KeyFile.Problem.readableByOthers(path: path)) { try KeyFile.read(path) }
    chmod(path, 0o600)
    truncate(path, 40)
    #expect(throws: KeyFile.Problem.malformed(path: path)) { try KeyFile.read(path) }
  }
}
