import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@Suite struct LoginSessionTests {
  let scene: AccountScene
  let ann: PersonID
  private static let client = ClientMark(address: IPAddress(text: "192.0.2.1"), userAgent: "test/1")

  init() throws {
    scene = try AccountScene()
    ann = try scene.person("ann")
  }

  private func begin(
    _ kind: LoginSession.Kind = .command
  ) throws -> (session: LoginSession, token: RefreshToken) {
    try scene.write(by: ann) {
      try LoginSessions.begin(kind, of: ann, proof: .provider, from: Self.client, in: $0)
    }
  }

  private func renew(_ token: RefreshToken) throws -> LoginSessions.Renewal {
    try LoginSessions.renew(token, from: Self.client, on: scene.connection)
  }

  private func next(_ token: RefreshToken) throws -> RefreshToken {
    guard case .renewed(_, let next) = try renew(token) else {
      throw TestSupportError("not renewed")
    }
    return next
  }

  private func isLive(_ session: LoginSession) throws -> Bool {
    try LoginSessions.isLive(session.id, of: ann, on: scene.connection)
  }

  @Test func `each use gives another token of the same session`() throws {
    let (session, first) = try begin()
    var token = first
    var seen: Set<RefreshToken> = [first]
    for _ in 0..<5 {
      token = try next(token)
      #expect(RefreshToken(token.text) == token)
      #expect(seen.insert(token).inserted)
    }
    let listed = try LoginSessions.list(of: ann, on: scene.connection)
    #expect(listed.map(\.id) == [session.id])
    #expect(listed.first?.address == "192.0.2.1")
    #expect(listed.first?.userAgent == "test/1")
  }

  @Test func `two uses of one token at once go on with the same next one`() async throws {
    for _ in 0..<10 {
      let (session, first) = try begin()
      let client = Self.client
      let bodies = (0..<4).map { _ in
        { @Sendable (connection: Connection) in
          try LoginSessions.renew(first, from: client, on: connection)
        }
      }
      let outcome = try await race(try scene.database.pool(size: 4), bodies)
      var tokens: Set<RefreshToken> = []
      for case .renewed(_, let token) in outcome.values { tokens.insert(token) }
      #expect(outcome.values.count == 4 && tokens.count == 1)
      let token = try #require(tokens.first)
      #expect(token != first)
      _ = try next(token)
      #expect(try isLive(session))
    }
  }

  @Test func `the token before is good for half a minute, and then ends the session`() throws {
    let clock = try TestClock(scene.connection)
    let (session, first) = try begin()
    let second = try next(first)
    try clock.advance(29_000, scene.connection)
    #expect(try next(first) == second)
    try clock.advance(2_000, scene.connection)
    #expect(try renew(first) == .refused(.reused))
    #expect(try renew(second) == .refused(.ended))
    #expect(try !isLive(session))
    #expect(try scene.actions().last == "session.revoke")
  }

  @Test func `a token older than that ends the session at once`() throws {
    let (session, first) = try begin()
    let second = try next(first)
    let third = try next(second)
    #expect(try renew(first) == .refused(.reused))
    #expect(try renew(third) == .refused(.ended))
    #expect(try !isLive(session))
    // Others of the person go on.
    let (other, _) = try begin()
    #expect(try isLive(other))
  }

  @Test func `the newest token can't be read from the row, not even with the installation's key`()
    throws
  {
    let (_, first) = try begin()
    let second = try next(first)
    let row = try #require(
      try scene.connection.query(
        "SELECT token_hash, previous_hash, family_hash, successor_sealed FROM login_session"
      ).first)
    let columns = try (0..<4).map { try row.get($0, as: [UInt8].self) }
    for secret in [first, second] {
      let text = Array(secret.text.utf8.dropFirst(7).prefix(30))
      #expect(columns.allSatisfy { !String(decoding: $0, as: UTF8.self).contains(secret.text) })
      #expect(!columns.contains(text))
    }
    #expect(throws: (any Error).self) {
      try scene.sealing.open(columns[3], context: columns[2])
    }
  }

  @Test func `a session ends when it is idle, and when it is old`() throws {
    let clock = try TestClock(scene.connection)
    let hour: Int64 = 3_600_000
    let (idle, token) = try begin(.browser)
    try clock.advance(12 * hour - 1000, scene.connection)
    #expect(try isLive(idle))
    try clock.advance(2000, scene.connection)
    #expect(try renew(token) == .refused(.idle))
    #expect(try LoginSessions.list(of: ann, on: scene.connection).isEmpty)
    let (used, first) = try begin(.browser)
    var newest = first
    for _ in 0..<(14 * 24 / 11) {
      try clock.advance(11 * hour, scene.connection)
      newest = try next(newest)
    }
    #expect(try isLive(used))
    try clock.advance(11 * hour, scene.connection)
    #expect(try renew(newest) == .refused(.expired))
  }

  @Test func `a cookie is used without being replaced, and only as one`() throws {
    let clock = try TestClock(scene.connection)
    let (session, token) = try begin(.browser)
    func find(_ token: RefreshToken, _ kind: LoginSession.Kind = .browser) throws -> LoginSession? {
      try LoginSessions.find(
        token, kind: kind, from: ClientMark(address: IPAddress(text: "::1")), on: scene.connection)
    }
    for _ in 0..<3 { #expect(try find(token)?.id == session.id) }
    #expect(try find(token)?.address == "192.0.2.1")
    try clock.advance(61_000, scene.connection)
    #expect(try find(token)?.address == "::1")
    #expect(try find(token, .command) == nil)
    #expect(try find(RefreshToken.random()) == nil)
    // At a change of rights it is made anew; the old one is good for the pages still loading.
    let second = try next(token)
    #expect(try find(token)?.id == session.id)
    try clock.advance(31_000, scene.connection)
    #expect(try find(second)?.id == session.id)
    #expect(try find(token) == nil)
    #expect(try find(second) == nil)
  }

  @Test func `a person ends one session, or all but one`() throws {
    let sessions = try (0..<3).map { _ in try begin() }
    let bob = try scene.person("bob")
    #expect(
      try scene.write(by: ann) {
        try LoginSessions.end(sessions[0].session.id, of: ann, .revoked, in: $0)
      })
    #expect(try renew(sessions[0].token) == .refused(.ended))
    #expect(
      try !scene.write(by: bob) {
        try LoginSessions.end(sessions[1].session.id, of: bob, .revoked, in: $0)
      })
    #expect(try isLive(sessions[1].session))
    let count = try scene.write(by: ann) {
      try LoginSessions.endAll(of: ann, but: sessions[1].session.id, .signedOut, in: $0)
    }
    #expect(count == 1)
    #expect(
      try LoginSessions.list(of: ann, on: scene.connection).map(\.id) == [sessions[1].session.id])
  }

  private static func hash(_ password: String) throws -> PasswordHash {
    try PasswordHash(
      hashing: password, try #require(PasswordHash.Parameters(logN: 4, r: 8, p: 1)))
  }

  @Test func `a changed password ends all sessions, and begins one in place of its own`() throws {
    let (present, token) = try begin(.browser)
    let (_, other) = try begin()
    let hash = try Self.hash("a new password")
    func change(
      verified: PasswordHash?, in session: LoginSessionID
    ) throws -> (session: LoginSession, token: RefreshToken) {
      try scene.write(by: ann, in: session) {
        try LoginSessions.changePassword(
          of: ann, verified: verified, to: hash, from: Self.client, in: $0)
      }
    }
    #expect(throws: AccountRefusal.changedMeanwhile) {
      try change(verified: hash, in: present.id)
    }
    #expect(throws: AccountRefusal.notAllowed) { try change(verified: nil, in: .random()) }
    let (session, next) = try change(verified: nil, in: present.id)
    #expect(try renew(other) == .refused(.ended))
    #expect(try renew(token) == .refused(.ended))
    #expect(session.kind == .browser && session.id != present.id)
    let whole = session.expiresAt.microseconds - session.createdAt.microseconds
    #expect(whole == present.expiresAt.microseconds - present.createdAt.microseconds)
    #expect(try isLive(session))
    _ = try self.next(next)
    #expect(throws: AccountRefusal.changedMeanwhile) { try change(verified: nil, in: session.id) }
    #expect(throws: AccountRefusal.notAllowed) { try change(verified: hash, in: present.id) }
    let email = try #require(EmailAddress("ann@example.org"))
    let found = try PersonQueries.credentials(of: email, on: scene.connection)
    #expect(found?.passwordHash == hash)
    let again = try Self.hash("a new password")
    try PersonQueries.rehash(ann, from: hash, to: again, on: scene.connection)
    try PersonQueries.rehash(ann, from: hash, to: hash, on: scene.connection)
    #expect(try PersonQueries.passwordHash(of: ann, on: scene.connection) == again)
    #expect(try isLive(session))
  }

  @Test func `who signs in while the password changes, or is disabled, does not get in`() throws {
    let (old, new) = (try Self.hash("the old password"), try Self.hash("the new password"))
    func begin(_ proof: LoginProof) throws {
      _ = try scene.write(by: ann) {
        try LoginSessions.begin(.browser, of: ann, proof: proof, from: Self.client, in: $0)
      }
    }
    #expect(throws: AccountRefusal.changedMeanwhile) { try begin(.password(old)) }
    #expect(try scene.write { try PersonQueries.setPassword(old, of: ann, in: $0) })
    try begin(.password(old))
    #expect(try scene.write { try PersonQueries.setPassword(new, of: ann, in: $0) })
    #expect(throws: AccountRefusal.changedMeanwhile) { try begin(.password(old)) }
    #expect(throws: AccountRefusal.changedMeanwhile) { try begin(.passwordAndCode(old)) }
    try begin(.password(new))
    try begin(.provider)
    _ = try scene.write { try PersonQueries.disable(ann, in: $0) }
    #expect(throws: AccountRefusal.changedMeanwhile) { try begin(.provider) }
  }

  @Test func `of more sessions than a person may have, those end that were not used for longest`()
    throws
  {
    let clock = try TestClock(scene.connection)
    let (first, token) = try begin()
    try clock.advance(1000, scene.connection)
    let (second, _) = try begin()
    try clock.advance(1000, scene.connection)
    _ = try next(token)
    for _ in 2..<LoginSessions.most { _ = try begin() }
    #expect(try isLive(first) && isLive(second))
    let (last, _) = try begin()
    #expect(try isLive(first) && isLive(last))
    #expect(try !isLive(second))
    #expect(try LoginSessions.list(of: ann, on: scene.connection).count == LoginSessions.most)
  }

  @Test func `nobody begins or ends the sessions of others but an operator, who ends them`() throws
  {
    let bob = try scene.person("bob")
    let root = try scene.person("root", isOperator: true)
    let (session, _) = try begin()
    for person in [bob, root] {
      #expect(throws: AccountRefusal.notAllowed) {
        try scene.write(by: person) {
          try LoginSessions.begin(.browser, of: ann, proof: .provider, from: Self.client, in: $0)
        }
      }
    }
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: bob) { try LoginSessions.end(session.id, of: ann, .revoked, in: $0) }
    }
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: bob) { try LoginSessions.endAll(of: ann, .revoked, in: $0) }
    }
    #expect(try isLive(session))
    #expect(
      try scene.write(by: root) { try LoginSessions.end(session.id, of: ann, .revoked, in: $0) })
  }

  @Test func `who is disabled has no session and can't sign in`() throws {
    let (session, token) = try begin()
    _ = try scene.write { try PersonQueries.disable(ann, in: $0) }
    #expect(try !isLive(session))
    #expect(try renew(token) == .refused(.ended))
    let email = try #require(EmailAddress("ann@example.org"))
    #expect(try PersonQueries.credentials(of: email, on: scene.connection) == nil)
    _ = try scene.write { try PersonQueries.enable(ann, in: $0) }
    #expect(try !isLive(session))
    #expect(try PersonQueries.credentials(of: email, on: scene.connection) != nil)
  }
}
