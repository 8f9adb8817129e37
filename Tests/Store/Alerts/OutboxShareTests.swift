import Alerts
import Model
import OpenSSL
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Store

/// How many workers one organization has.
@Suite struct `An organization's channels` {
  private func worker(_ index: Int, of count: Int = 4) -> OutboxWorker {
    OutboxWorker(index: index, of: count)
  }

  @Test func `are sent to by half of the workers, so that others' are sent to beside`() throws {
    let scene = try AlertScene()
    for name in ["a", "b", "c"] { try scene.channel(name) }
    try scene.notice("began", scene.monitor())
    try scene.channel("d", of: scene.other)
    try scene.notice("began", scene.monitor("b", of: scene.other))
    let claims = try (0..<3).map { try #require(try scene.claim(by: worker($0))) }
    #expect(claims.map(\.channel.organization) == [scene.acme, scene.acme, scene.other])
    #expect(try scene.claim(by: worker(3)) == nil)
    // Whoever is done lets another in, and so does who died.
    try Outbox.release(claims[0], on: scene.connection)
    #expect(try scene.claim(by: worker(3))?.channel.organization == scene.acme)
    #expect(try scene.claim(by: worker(0)) == nil)
    try scene.pass(31_000)
    #expect(try scene.claim(by: worker(0)) != nil)
  }

  @Test(arguments: [(1, 1), (2, 1), (3, 1), (4, 2), (64, 32)])
  func `have a worker at least`(workers: Int, share: Int) {
    #expect(worker(0, of: workers).share == share)
  }

  @Test func `that do not answer come last, and are left to others by the first of several`()
    throws
  {
    let scene = try AlertScene()
    let monitor = try scene.monitor()
    let dead = try scene.channel("dead")
    try scene.notice("began", monitor)
    try scene.connection.query(
      "UPDATE channel_outbox SET unanswered = 1 WHERE channel_id = $1", dead)
    try scene.channel("alive")
    try scene.pass(1_000)
    try scene.notice("worsened", monitor)
    let first = try #require(try scene.claim(by: worker(1)))
    #expect(first.channel.draft.name == "alive")
    #expect(try scene.claim(by: worker(0)) == nil)
    #expect(try scene.claim(by: worker(1))?.channel.id == dead)
    try scene.pass(31_000)
    try scene.connection.query("DELETE FROM delivery WHERE channel_id <> $1", dead)
    #expect(try scene.claim(by: worker(0)) == nil)
    #expect(try scene.claim(by: worker(0, of: 1))?.channel.id == dead)
  }

  @Test func `that are refused something have answered`() throws {
    let scene = try AlertScene()
    try scene.channel()
    try scene.notice("began", scene.monitor())
    try scene.connection.execute("UPDATE channel_outbox SET unanswered = 3")
    _ = try scene.sendAll(.refused("status 400", disables: false))
    let rows = try scene.connection.query("SELECT unanswered FROM channel_outbox")
    #expect(try rows.first?.get(0, as: Int32.self) == 0)
  }

  @Test func `are no more when several are claimed at once`() throws {
    let scene = try AlertScene()
    let (one, two) = (try scene.channel("one"), try scene.channel("two"))
    try scene.notice("began", scene.monitor())
    let (database, clock, sealing) = (scene.database, scene.clock, scene.sealing)
    let claimed = Mutex<[ChannelID]>([])
    // Another worker is about to claim the second one.
    let other = try scene.connect()
    try other.execute("BEGIN")
    try other.query("SELECT 1 FROM channel_outbox WHERE channel_id = $1 FOR UPDATE", two)
    try other.query(
      "SELECT pg_advisory_xact_lock($1, $2)", AdvisoryLock.sending, scene.acme.rawValue)
    let thread = try TestThread("worker") {
      do {
        let connection = try database.connect()
        try clock.use(connection)
        while true {
          let look = try Outbox.claim(
            as: .random(), by: OutboxWorker(index: 1, of: 2), sealing: sealing,
            places: AlertPlaces(origin: nil), on: connection)
          switch look {
          case .nothing: return
          case .decided, .unusable: continue
          case .claimed(let claim): claimed.withLock { $0.append(claim.channel.id) }
          }
        }
      } catch {
        Issue.record(error)
      }
    }
    try scene.waitUntilBlocked()
    try other.query(
      """
      UPDATE channel_outbox SET lease = gen_random_uuid(), lease_until = now() + interval '30 s'
      WHERE channel_id = $1
      """, two)
    try other.execute("COMMIT")
    thread.join()
    #expect(claimed.withLock { $0 } == [])
    try scene.pass(31_000)
    #expect(try scene.claim(by: worker(1, of: 2)) != nil)
    #expect(one != two)
  }
}
