import Model
import Testing

@testable import Quorum

@Suite struct `Trust in an agent` {
  let boot = BootID(high: 1, low: 1)

  /// An agent that has shown that it sees: at 1000 ms (agent time), at 2000 ms (collector time).
  func seeing() -> AgentTrust {
    var trust = AgentTrust(hasCanaries: true)
    trust.take(.canaries(boot: boot, startedMs: 1_000, failing: 0, of: 5), at: 2_000)
    return trust
  }

  func blind() -> AgentTrust {
    var trust = AgentTrust(hasCanaries: false)
    trust.take(.alive(boot: boot, loopLagMs: 3, clockSteps: 0), at: 0)
    trust.take(.tick, at: 60_000)
    return trust
  }

  @Test func `begins once its canaries passed`() {
    var trust = AgentTrust(hasCanaries: true)
    let turned1 = trust.take(.alive(boot: boot, loopLagMs: 3, clockSteps: 0), at: 0)
    #expect(turned1)
    #expect(trust.trust == .distrusted(reason: "restarted"))
    let turned2 = trust.take(.canaries(boot: boot, startedMs: 10, failing: 1, of: 5), at: 200)
    #expect(turned2)
    #expect(trust.trust == .trusted && trust.wakeAt == nil)
  }

  @Test func `begins after a minute where there are no canaries`() {
    var trust = AgentTrust(hasCanaries: false)
    trust.take(.alive(boot: boot, loopLagMs: 3, clockSteps: 0), at: 1_000)
    #expect(trust.wakeAt == 61_000)
    let turned3 = trust.take(.tick, at: 60_999)
    #expect(!turned3)
    let turned4 = trust.take(.tick, at: 61_000)
    #expect(turned4)
    #expect(trust.weigh(endedMs: 0) == .counts)
  }

  @Test func `waits for canaries that began after the failure`() {
    var trust = seeing()
    #expect(trust.weigh(endedMs: 1_000) == .counts)
    #expect(trust.weigh(endedMs: 1_001) == .waits)
    trust.take(.canaries(boot: boot, startedMs: 1_001, failing: 0, of: 5), at: 2_500)
    #expect(trust.weigh(endedMs: 1_001) == .counts)
  }

  @Test(arguments: [
    (0, 5, true), (1, 5, true), (2, 5, false), (5, 5, false), (1, 2, false), (0, 1, true),
  ])
  func `needs three fifths of the canaries`(failing: Int, count: Int, stays: Bool) {
    var trust = seeing()
    trust.take(.canaries(boot: boot, startedMs: 9_000, failing: failing, of: count), at: 10_000)
    #expect(trust.isTrusted == stays)
    #expect((trust.weigh(endedMs: 8_000) == .unknown) == !stays)
  }

  @Test func `returns after a clean minute at the end of which canaries pass`() {
    var trust = seeing()
    trust.take(.canaries(boot: boot, startedMs: 10_000, failing: 5, of: 5), at: 10_000)
    trust.take(.tick, at: 70_000)
    #expect(!trust.isTrusted)
    trust.take(.canaries(boot: boot, startedMs: 40_000, failing: 0, of: 5), at: 70_100)
    #expect(!trust.isTrusted)
    trust.take(.canaries(boot: boot, startedMs: 60_000, failing: 0, of: 5), at: 70_200)
    #expect(trust.isTrusted)
  }

  @Test func `is lost again by a failing set within the minute`() {
    var trust = seeing()
    trust.take(.canaries(boot: boot, startedMs: 10_000, failing: 5, of: 5), at: 10_000)
    trust.take(.canaries(boot: boot, startedMs: 50_000, failing: 2, of: 5), at: 50_000)
    trust.take(.canaries(boot: boot, startedMs: 65_000, failing: 0, of: 5), at: 75_000)
    #expect(!trust.isTrusted)
    trust.take(.canaries(boot: boot, startedMs: 101_000, failing: 0, of: 5), at: 111_000)
    #expect(trust.isTrusted)
  }

  @Test(arguments: [
    (
      AgentTrust.Change.alive(boot: BootID(high: 1, low: 1), loopLagMs: 501, clockSteps: 0),
      "loop_lag"
    ),
    (.alive(boot: BootID(high: 1, low: 1), loopLagMs: 0, clockSteps: 1), "clock_step"),
    (.alive(boot: BootID(high: 2, low: 2), loopLagMs: 0, clockSteps: 0), "restarted"),
  ])
  func `is lost for a reason that is named`(change: AgentTrust.Change, reason: String) {
    var trust = seeing()
    let turned5 = trust.take(change, at: 100_000)
    #expect(turned5)
    #expect(trust.trust == .distrusted(reason: reason))
    #expect(trust.wakeAt == 160_000)
  }

  @Test func `stays while the loop lags little`() {
    var trust = seeing()
    let turned6 = trust.take(.alive(boot: boot, loopLagMs: 500, clockSteps: 0), at: 3_000)
    #expect(!turned6)
  }

  @Test func `is lost by three broken sessions within five minutes`() {
    var trust = seeing()
    for at: Int64 in [100_000, 250_000] { trust.take(.disconnected, at: at) }
    #expect(trust.isTrusted)
    let turned7 = trust.take(.disconnected, at: 400_001)
    #expect(!turned7)
    let turned8 = trust.take(.disconnected, at: 400_002)
    #expect(turned8)
    #expect(trust.trust == .distrusted(reason: "disconnects"))
    trust.take(.tick, at: 460_002)
    #expect(trust.isTrusted)
  }

  @Test(arguments: [(10, 3, false), (11, 3, true), (10, 2, true), (2, 2, true)])
  func `without canaries is lost by contradiction on many targets`(
    assigned: Int, contradicted: Int, stays: Bool
  ) {
    var trust = blind()
    for monitor in 0..<contradicted {
      for at: Int64 in [100_000, 100_001] {
        trust.take(.contradicted(monitor: Int64(monitor), assigned: assigned), at: at)
      }
    }
    #expect(trust.isTrusted == stays)
  }

  @Test func `is not lost by contradictions more than a minute apart`() {
    var trust = blind()
    for monitor in Int64(0)..<6 {
      trust.take(.contradicted(monitor: monitor, assigned: 6), at: 100_000 + monitor * 40_000)
    }
    #expect(trust.isTrusted)
  }

  @Test func `with canaries is not lost by contradiction: the way is at fault`() {
    var trust = seeing()
    for monitor in Int64(0)..<6 {
      trust.take(.contradicted(monitor: monitor, assigned: 6), at: 100_000)
    }
    #expect(trust.isTrusted)
  }

  @Test func `names the first of several reasons, and needs all to pass`() {
    var trust = seeing()
    trust.take(.alive(boot: boot, loopLagMs: 900, clockSteps: 0), at: 100_000)
    trust.take(.alive(boot: boot, loopLagMs: 0, clockSteps: 2), at: 130_000)
    #expect(trust.trust == .distrusted(reason: "loop_lag"))
    trust.take(.tick, at: 160_000)
    #expect(trust.trust == .distrusted(reason: "clock_step"))
    trust.take(.tick, at: 190_000)
    #expect(trust.isTrusted)
  }
}
