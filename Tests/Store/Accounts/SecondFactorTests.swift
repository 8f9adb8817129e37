import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite struct SecondFactorTests {
  let scene: AccountScene
  let ann: PersonID

  init() throws {
    scene = try AccountScene()
    ann = try scene.person("ann")
  }

  private func step() throws -> Int64 {
    try TOTP.step(
      atSeconds: scene.database.value(
        "SELECT floor(extract(epoch FROM clock_timestamp()))::int8"))
  }

  private func verify(_ code: String) throws -> Bool {
    try SecondFactor.verify(code, of: ann, sealing: scene.sealing, on: scene.connection)
  }

  private func enable() throws -> (totp: TOTP, codes: [RecoveryCode]) {
    let totp = try #require(
      try scene.write(by: ann) {
        try SecondFactor.prepare(ann, sealing: scene.sealing, in: $0)
      })
    let code = try totp.code(atStep: try step())
    let codes = try scene.write(by: ann) {
      try SecondFactor.confirm(code, of: ann, sealing: scene.sealing, in: $0)
    }
    return (totp, codes)
  }

  @Test func `it counts once a code was shown, and no code counts twice`() throws {
    let totp = try #require(
      try scene.write(by: ann) {
        try SecondFactor.prepare(ann, sealing: scene.sealing, in: $0)
      })
    #expect(try !verify(totp.code(atStep: try step())))
    #expect(try PersonQueries.get(ann, on: scene.connection)?.hasSecondFactor == false)
    #expect(throws: AccountRefusal.wrongCode) {
      try scene.write(by: ann) {
        try SecondFactor.confirm("x", of: ann, sealing: scene.sealing, in: $0)
      }
    }
    let now = try step()
    _ = try scene.write(by: ann) {
      try SecondFactor.confirm(
        try totp.code(atStep: now), of: ann, sealing: scene.sealing, in: $0)
    }
    #expect(try PersonQueries.get(ann, on: scene.connection)?.hasSecondFactor == true)
    #expect(try !verify(totp.code(atStep: now)))
    #expect(try verify(totp.code(atStep: now + 1)))
    #expect(try !verify(totp.code(atStep: now + 1)))
  }

  @Test func `one code at once lets one in`() async throws {
    let (totp, _) = try enable()
    let code = try totp.code(atStep: try step() + 1)
    let (person, sealing) = (ann, scene.sealing)
    let bodies = (0..<6).map { _ in
      { @Sendable (connection: Connection) in
        try SecondFactor.verify(code, of: person, sealing: sealing, on: connection)
      }
    }
    let outcome = try await race(try scene.database.pool(size: 6), bodies)
    #expect(outcome.values.filter { $0 }.count == 1)
  }

  @Test func `each of ten recovery codes works once`() throws {
    let (_, codes) = try enable()
    #expect(Set(codes).count == 10)
    func use(_ text: String) throws -> Bool {
      try scene.write(by: ann) { try SecondFactor.useRecoveryCode(text, of: ann, in: $0) }
    }
    for code in codes.prefix(9) {
      #expect(try use(code.text.uppercased()))
      #expect(try !use(code.text))
    }
    #expect(try SecondFactor.recoveryCodesLeft(of: ann, on: scene.connection) == 1)
    let renewed = try scene.write(by: ann) {
      try SecondFactor.renewRecoveryCodes(of: ann, in: $0)
    }
    #expect(try !use(codes[9].text))
    #expect(try use(try #require(renewed?.first).text))
    #expect(try !use(""))
  }

  private func begin(_ proof: LoginProof) throws -> LoginSession {
    try scene.write(by: ann) {
      try LoginSessions.begin(.browser, of: ann, proof: proof, from: ClientMark(), in: $0).session
    }
  }

  @Test func `it lets in nobody who has not shown it, and ends the sessions before it`() throws {
    let hash = try PasswordHash(
      hashing: "correct horse", try #require(PasswordHash.Parameters(logN: 4, r: 8, p: 1)))
    _ = try scene.write { try PersonQueries.setPassword(hash, of: ann, in: $0) }
    let (own, other) = (try begin(.password(hash)), try begin(.passwordAndCode(hash)))
    #expect(!own.hasSecondFactor && !other.hasSecondFactor)
    let totp = try #require(
      try scene.write(by: ann, in: own.id) {
        try SecondFactor.prepare(ann, sealing: scene.sealing, in: $0)
      })
    _ = try scene.write(by: ann, in: own.id) {
      try SecondFactor.confirm(
        try totp.code(atStep: try step()), of: ann, sealing: scene.sealing, in: $0)
    }
    let left = try LoginSessions.list(of: ann, on: scene.connection)
    #expect(left.map(\.id) == [own.id] && left.first?.hasSecondFactor == true)
    #expect(throws: AccountRefusal.secondFactorRequired) { try begin(.password(hash)) }
    #expect(try begin(.passwordAndCode(hash)).hasSecondFactor)
    #expect(try !begin(.provider).hasSecondFactor)
    _ = try scene.write(by: ann) { try SecondFactor.remove(ann, in: $0) }
    #expect(try !begin(.password(hash)).hasSecondFactor)
  }

  @Test func `without it there is nothing to verify`() throws {
    let (totp, codes) = try enable()
    #expect(
      try scene.write(by: ann) {
        try SecondFactor.remove(ann, in: $0)
      })
    #expect(try !verify(totp.code(atStep: try step() + 1)))
    #expect(
      try !scene.write(by: ann) {
        try SecondFactor.useRecoveryCode(codes[0].text, of: ann, in: $0)
      })
    #expect(
      try !scene.write(by: ann) {
        try SecondFactor.remove(ann, in: $0)
      })
  }

  @Test func `a secret that was moved to another person does not open`() throws {
    _ = try enable()
    let bob = try scene.person("bob")
    try scene.connection.query(
      "UPDATE person SET totp_sealed = (SELECT totp_sealed FROM person WHERE id = $1) WHERE id = $2",
      ann, bob)
    #expect(throws: OpenSSLError.self) {
      try SecondFactor.verify("123456", of: bob, sealing: scene.sealing, on: scene.connection)
    }
  }
}
