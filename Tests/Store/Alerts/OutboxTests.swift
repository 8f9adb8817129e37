import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct `The outbox` {
  @Test func `sends a matter's messages in order, each once, and tells regions and a link`() throws
  {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    try scene.channel()
    try scene.notice("began", monitor, incident)
    let claim = try #require(try scene.claim())
    let notice = try #require(claim.messages.first?.items.first?.notice)
    #expect(notice.failing == ["eu"] && notice.passing == ["us"])
    #expect(notice.link == "https://upblit.test/incidents/\(incident)")
    #expect(try scene.claim() == nil)
    // What comes meanwhile waits for the answer.
    try scene.notice("changed", monitor, incident, verdict: "partial")
    let message = claim.messages[0]
    #expect(try Outbox.begin(message, of: claim, on: scene.connection) == .now)
    #expect(try scene.settle(message, claim, .delivered))
    try Outbox.release(claim, on: scene.connection)
    #expect(try scene.sendAll() == ["hook: shop now is down in parts: eu can't use it"])
    try scene.notice("ended", monitor, incident, urgency: "notify")
    #expect(try scene.sendAll() == ["hook: shop is up again"])
    #expect(try scene.sendAll() == [])
    let all = try scene.deliveries()
    #expect(all.map(\.state) == ["delivered", "delivered", "delivered"])
    #expect(all.map(\.attempts) == [1, 1, 1])
    #expect(all.allSatisfy { $0.message == $0.id && $0.sentAt != nil })
  }

  @Test func `says in one message what ended before it was told`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    try scene.channel()
    try scene.notice("began", monitor, incident)
    try scene.notice("ended", monitor, incident, urgency: "notify")
    #expect(try scene.sendAll() == ["hook: shop was down, and is up again"])
    #expect(try scene.states() == ["notice superseded", "notice delivered"])
    let all = try scene.deliveries()
    #expect(all[0].reason == DroppedNotice.Reason.ended.words && all[0].message == all[1].id)
  }

  @Test func `says who sees it and who does not, when it last worked, and who has it in hand`()
    throws
  {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    try scene.channel()
    try scene.channel("quiet")
    let agent = try scene.database.addAgent(name: "eu-1")
    let stream = try scene.database.addStream(agentKey: agent)
    for (index, outcome) in [0, 1, 3].enumerated() {
      try scene.connection.query(
        """
        INSERT INTO result (monitor_key, started_at, stream_key, sequence, organization_id, agent_key,
          total_us, dns_us, record_index, outcome)
        VALUES ($1, now() - $2 * interval '1 minute', $3, 1, $4, $5, 1, 1, $6, $7)
        """, monitor, Int32(10 - index), stream, scene.acme.rawValue, agent, Int16(index),
        Int16(outcome))
    }
    try scene.notice("began", monitor, incident)
    let claim = try #require(try scene.claim())
    let notice = try #require(claim.messages.first?.items.first).notice
    #expect(notice.failing == ["eu"] && notice.passing == ["us"])
    let good = try scene.connection.query("SELECT max(started_at) FROM result WHERE outcome = 1")
    let goodAt = try #require(good.first).get(0, as: Timestamp.self)
    #expect(notice.lastGoodAt == goodAt.milliseconds)
    #expect(notice.link == "https://upblit.test/incidents/\(incident)")
    try Outbox.release(claim, on: scene.connection)
    #expect(try scene.sendAll().count == 2)
    try scene.write {
      _ = try IncidentNotes.acknowledge(incident, organization: scene.acme, in: $0)
      _ = try IncidentNotes.acknowledge(incident, organization: scene.acme, in: $0)
    }
    #expect(
      try scene.sendAll().sorted()
        == ["hook", "quiet"].map { "\($0): test has it in hand: shop is down" })
    try scene.notice("ended", monitor, incident, urgency: "notify")
    let end = try #require(try scene.claim()?.messages.first?.items.first)
    #expect(end.event == .resolved && end.notice.failing == ["eu"])
    try scene.write {
      _ = try IncidentNotes.acknowledge(incident, organization: scene.acme, in: $0)
    }
    #expect(try scene.states().filter { $0.hasPrefix("acknowledged") }.count == 2)
  }

  @Test
  func `says again to who takes silence for an end, whoever has it in hand, until it is over`()
    throws
  {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    try scene.channel("am", "alertmanager", ["url": "https://am.example.org"])
    try scene.notice("began", monitor, incident)
    #expect(try scene.sendAll() == ["am: shop is down"])
    #expect(try scene.sendAll() == [])
    for outcome in [DeliveryOutcome.delivered, .retry("status 503", afterSeconds: nil), .delivered]
    {
      try scene.pass(120_001)
      #expect(try scene.sendAll(outcome) == ["am: still: shop is down"])
      #expect(try scene.sendAll() == [])
    }
    try scene.write {
      _ = try IncidentNotes.acknowledge(incident, organization: scene.acme, in: $0)
    }
    #expect(try scene.sendAll().count == 1)
    try scene.pass(120_001)
    #expect(try scene.sendAll() == ["am: still: shop is down"])
    try scene.notice("ended", monitor, incident, urgency: "notify")
    #expect(try scene.sendAll() == ["am: shop is up again"])
    try scene.pass(600_000)
    #expect(try scene.sendAll() == [])
    #expect(
      try scene.states() == [
        "notice delivered", "repeat superseded", "acknowledged delivered", "notice delivered",
      ])
  }

  @Test func `tells nothing of what ended within its route's delay, and no sooner of the rest`()
    throws
  {
    let scene = try AlertScene()
    let (brief, long) = (try scene.monitor("brief"), try scene.monitor("long"))
    var draft = RouteDraft(name: "r", channels: [try scene.channel()])
    draft.delaySeconds = 60
    try scene.route(draft)
    try scene.notice("began", brief)
    try scene.notice("began", long)
    #expect(try scene.sendAll() == [])
    try scene.pass(30_000)
    try scene.notice("ended", brief, urgency: "notify")
    #expect(try scene.sendAll() == [])
    try scene.pass(31_000)
    #expect(try scene.sendAll() == ["hook: long is slow"])
    #expect(
      try scene.states().sorted()
        == ["notice delivered", "notice superseded", "notice superseded"])
  }

  @Test func `tries again what failed for now, later each time, and holds up only its own matter`()
    throws
  {
    let scene = try AlertScene()
    let (one, two) = (try scene.monitor("one"), try scene.monitor("two"))
    try scene.channel()
    try scene.notice("began", one)
    #expect(try scene.sendAll(.retry("status 500", afterSeconds: nil)) == ["hook: one is slow"])
    try scene.notice("ended", one, urgency: "notify")
    try scene.notice("began", two)
    // Nobody knows of its beginning, so that its end says both, and waits for nothing.
    #expect(
      try scene.sendAll().sorted()
        == ["hook: one was slow, and is quick again", "hook: two is slow"])
    let first = try scene.deliveries()[0]
    #expect(first.state == "superseded" && first.attempts == 1)
    let three = try scene.monitor("three")
    try scene.notice("began", three)
    for pause: Int64 in [5_000, 300_000, 1_800_000] {
      #expect(
        try scene.sendAll(.retry("status 500", afterSeconds: nil)) == ["hook: three is slow"])
      try scene.pass(pause - 500)
      #expect(try scene.sendAll() == [])
      try scene.pass(600)
    }
    #expect(try scene.sendAll() == ["hook: three is slow"])
    #expect(try scene.deliveries().last?.attempts == 4)
  }

  @Test func `gives up in the end, and fails at once what is refused`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor()
    let channel = try scene.channel()
    try scene.notice("began", monitor)
    for _ in 0..<10 {
      _ = try scene.sendAll(.retry("status 503", afterSeconds: nil))
      try scene.pass(86_500_000)
    }
    let given = try scene.deliveries()[0]
    #expect(given.state == "failed" && given.reason == "given up: status 503")
    try scene.notice("changed", monitor)
    _ = try scene.sendAll(.refused("status 410", disables: true))
    #expect(try scene.states() == ["notice failed", "notice failed"])
    let stored = try ChannelQueries.get(
      channel, organization: scene.acme, sealing: scene.sealing, on: scene.connection)
    #expect(stored?.draft.enabled == false && stored?.disabledReason == "status 410")
  }

  @Test func `lets a channel rest that asks for it, and one that does not answer ever longer`()
    throws
  {
    let scene = try AlertScene()
    let monitors = try (0..<3).map { try scene.monitor("m\($0)") }
    try scene.channel()
    try scene.notice("began", monitors[0])
    _ = try scene.sendAll(.retry("status 429", afterSeconds: 100))
    try scene.notice("began", monitors[1])
    try scene.pass(99_000)
    #expect(try scene.sendAll() == [])
    try scene.pass(30_000)
    #expect(try scene.sendAll().sorted() == ["hook: m0 is slow", "hook: m1 is slow"])
    #expect(
      (1...9).map { OutboxPace.rest(afterUnanswered: $0) } == [
        5, 10, 20, 40, 80, 160, 300, 300, 300,
      ])
    try scene.notice("began", monitors[2])
    let claim = try #require(try scene.claim())
    #expect(try Outbox.begin(claim.messages[0], of: claim, on: scene.connection) == .now)
    #expect(
      try scene.settle(
        claim.messages[0], claim, .retry("no answer", afterSeconds: nil), isAnswered: false,
        mayHaveArrived: true))
    try Outbox.release(claim, on: scene.connection)
    // It may have arrived, so that its end is an end.
    try scene.notice("ended", monitors[2], urgency: "notify")
    #expect(try scene.sendAll() == [])
    try scene.pass(5_100)
    #expect(try scene.sendAll() == ["hook: m2 is quick again"])
  }

  @Test func `keeps to the pace of a provider, and joins what is many`() throws {
    let scene = try AlertScene()
    try scene.channel("chat", "telegram", AlertScene.telegram)
    let monitors = try (0..<4).map { try scene.monitor("m\($0)") }
    try scene.notice("began", monitors[0])
    #expect(try scene.sendAll() == ["chat: m0 is slow"])
    for monitor in monitors.dropFirst() { try scene.notice("began", monitor) }
    #expect(try scene.sendAll() == [])
    try scene.pass(10_100)
    #expect(try scene.sendAll() == ["chat: 3 monitors are slow"])
    #expect(Set(try scene.deliveries().dropFirst().map(\.message)).count == 1)
    try scene.pass(20_000)
    for monitor in monitors.prefix(2) { try scene.notice("ended", monitor, urgency: "notify") }
    #expect(try scene.sendAll().count == 1)
    try scene.pass(12_000)
    #expect(try scene.sendAll().count == 1)
  }

  @Test func `reminds until the matter is in somebody's hand`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    var draft = RouteDraft(name: "r", channels: [try scene.channel()])
    draft.reminderSeconds = 600
    try scene.route(draft)
    try scene.notice("began", monitor, incident)
    #expect(try scene.sendAll() == ["hook: shop is down"])
    try scene.pass(601_000)
    #expect(try scene.sendAll() == ["hook: still: shop is down"])
    try scene.connection.query("UPDATE incident SET acknowledged_at = now()")
    try scene.pass(601_000)
    #expect(try scene.sendAll() == [])
    #expect(
      try scene.states() == ["notice delivered", "reminder delivered", "reminder superseded"])
  }

  @Test func `is taken over when a lease ends, and the old holder can store nothing`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    try scene.channel()
    try scene.notice("began", monitor)
    let old = try #require(try scene.claim())
    #expect(try Outbox.begin(old.messages[0], of: old, on: scene.connection) == .now)
    try scene.pass(29_000)
    #expect(try scene.claim() == nil)
    try scene.pass(2_000)
    let new = try #require(try scene.claim(on: scene.connect()))
    #expect(new.messages.map(\.id) == old.messages.map(\.id))
    #expect(try !scene.settle(old.messages[0], old, .refused("late", disables: true)))
    #expect(try Outbox.begin(old.messages[0], of: old, on: scene.connection) == .lost)
    try Outbox.release(old, on: scene.connection)
    #expect(try scene.claim() == nil)
    #expect(try Outbox.begin(new.messages[0], of: new, on: scene.connection) == .now)
    #expect(try scene.settle(new.messages[0], new, .delivered))
    let stored = try scene.deliveries()
    #expect(stored.map(\.state) == ["delivered"] && stored[0].attempts == 2)
  }

  @Test func `knows of what a dead worker had begun that it may have arrived`() throws {
    let scene = try AlertScene()
    let monitors = try (0..<3).map { try scene.monitor("m\($0)") }
    let chat = try scene.channel("chat", "telegram", AlertScene.telegram)
    try scene.notice("began", monitors[0])
    let dead = try #require(try scene.claim())
    #expect(try Outbox.begin(dead.messages[0], of: dead, on: scene.connection) == .now)
    try scene.pass(31_000)
    // It waits, for something else was sent a moment ago.
    try scene.connection.execute("UPDATE channel_outbox SET last_sent_at = now()")
    #expect(try scene.claim() == nil)
    #expect(try scene.states() == ["notice pending"])
    try scene.notice("ended", monitors[0], urgency: "notify")
    try scene.pass(10_100)
    #expect(try scene.sendAll() == ["chat: m0 is quick again"])

    // And so it does where the next attempt could not be begun, since the channel was switched off.
    try scene.pass(30_000)
    try scene.notice("began", monitors[0])
    let second = try #require(try scene.claim())
    #expect(try Outbox.begin(second.messages[0], of: second, on: scene.connection) == .now)
    try scene.pass(31_000)
    for monitor in monitors.dropFirst() { try scene.notice("began", monitor) }
    let list = try #require(try scene.claim())
    #expect(list.messages.map(\.carries.count) == [3])
    var draft = try scene.settings(chat)
    draft.enabled = false
    try scene.change(chat, to: draft)
    #expect(try Outbox.begin(list.messages[0], of: list, on: scene.connection) == .lost)
    let rows = try scene.connection.query(
      "SELECT may_have_arrived FROM delivery WHERE state = 'pending'")
    #expect(rows.count == 1)
    #expect(try rows.first?.get(0, as: Bool.self) == true)
  }

  @Test func `gives each message to one of many workers`() throws {
    let scene = try AlertScene()
    for name in ["a", "b", "c"] { try scene.channel(name) }
    for index in 0..<20 { try scene.notice("began", scene.monitor("m\(index)")) }
    let (sealing, database) = (scene.sealing, scene.database)
    let clock = scene.clock
    let sent = Mutex<[DeliveryID]>([])
    let threads = try (0..<4).map { number in
      try TestThread("worker \(number)") {
        do {
          let connection = try database.connect()
          try clock.use(connection)
          while true {
            let look = try Outbox.claim(
              as: .random(), by: AlertScene.worker, sealing: sealing,
              places: AlertPlaces(origin: nil), on: connection)
            guard case .claimed(let claim) = look else {
              if case .nothing = look { return }
              continue
            }
            for message in claim.messages {
              guard try Outbox.begin(message, of: claim, on: connection) == .now else { break }
              sent.withLock { $0.append(message.id) }
              #expect(
                try Outbox.settle(
                  message, of: claim, as: .delivered, chance: 0, sealing: sealing, on: connection))
            }
            try Outbox.release(claim, on: connection)
          }
        } catch {
          Issue.record(error)
        }
      }
    }
    for thread in threads { thread.join() }
    let all = sent.withLock { $0 }
    #expect(all.count == 60 && Set(all).count == 60)
    #expect(try scene.states().allSatisfy { $0 == "notice delivered" })
  }
}
