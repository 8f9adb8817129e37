import Model
import OpenSSL
import Signing
import Store
import Testing
import Wire

@testable import Ingress

@Suite struct ResultsIntakeTests {
  private let boot = BootID.random()
  private let now: Int64 = 1_700_000_000_000

  private func intake(held: Bool = true) -> ResultsIntake {
    var intake = ResultsIntake(agentKey: 3, region: "eu", boot: boot)
    let place = SlotTable.Place(
      monitorKey: 9, organizationID: 1, epoch: 2, freshMs: 40_000, isHeld: held)
    if held {
      intake.slots.assign([1: place])
    } else {
      intake.slots.learn([1: place], asked: [1])
    }
    return intake
  }

  private func take(
    _ records: [ProbeRecord], _ intake: inout ResultsIntake, boot: BootID? = nil
  ) throws -> ResultsIntake.Taken {
    let header = ResultsHeader(
      stream: .zero, sequence: 1, agent: .zero, keyID: 1, boot: boot ?? self.boot,
      baseMs: records.first?.startedAtMs ?? now, clockOffsetMs: 0, clockErrorMs: 1,
      assignmentRevision: 0, kind: .records, count: records.count)
    let body =
      RecordWriter.body(header, records) + [UInt8](repeating: 0, count: bodyCodeCount)
    return try body.withUnsafeBytes { raw in
      intake.take(
        try ResultsBody(decoding: raw), streamKey: 5,
        at: ResultsIntake.Clock(wallMs: now, agentMs: now))
    }
  }

  private func observations(_ taken: ResultsIntake.Taken) -> [Store.Observation]? {
    guard case .content(.results(let results), _) = taken else { return nil }
    return results.observations
  }

  private func record(
    _ outcome: Outcome, at: Int64? = nil, slot: UInt64 = 1, request: ProbeRequestID? = nil
  ) -> ProbeRecord {
    ProbeRecord(
      slot: slot, startedAtMs: at ?? now, total: 10, outcome: outcome, request: request)
  }

  private let refused = Outcome.failed(Failure(.connect, curlCode: 7, detail: "refused"))
  private let slow = Outcome.failed(Failure(.timeout, curlCode: 28, detail: "too slow"))

  @Test func `a change is noted beside the rows, words or not, so that evidence finds it`() throws {
    var intake = intake()
    let taken = try take([record(.up), record(refused), record(.up), record(.up)], &intake)
    guard case .content(.results(let results), _) = taken else {
      Issue.record("\(taken)")
      return
    }
    #expect(results.details.map(\.index) == [1, 2])
    #expect(results.details.map(\.text) == ["refused", ""])
  }

  @Test func `only what is other than the last that was told is told`() throws {
    var intake = intake()
    let first = try take([record(.up), record(.up), record(refused), record(refused)], &intake)
    #expect(observations(first)?.map(\.outcome) == [.up, .failedAttributable])
    #expect(observations(try take([record(refused)], &intake)) == [])
    let third = try take([record(slow), record(.up)], &intake)
    #expect(observations(third)?.map(\.outcome) == [.failedAmbiguous, .up])
  }

  @Test func `an answer to a question is told whatever it says`() throws {
    var intake = intake()
    _ = try take([record(.up)], &intake)
    let answer = ProbeRequestID.random()
    let taken = try take([record(.up, request: answer)], &intake)
    #expect(observations(taken)?.map(\.request) == [answer])
  }

  @Test func `what may not have been stored is told again`() throws {
    var intake = intake()
    _ = try take([record(refused)], &intake)
    intake.slots.forgetTold()
    #expect(observations(try take([record(refused)], &intake))?.count == 1)
  }

  @Test func `history is stored and not told`() throws {
    var intake = intake()
    #expect(observations(try take([record(refused, at: now - 40_001)], &intake)) == [])
    #expect(observations(try take([record(refused)], &intake, boot: .random())) == [])
    #expect(observations(try take([record(refused, at: now - 40_000)], &intake))?.count == 1)
    var other = self.intake(held: false)
    #expect(observations(try take([record(refused)], &other)) == [])
  }

  @Test func `a slot that is not known leaves everything as it was`() throws {
    var intake = intake()
    let taken = try take([record(refused), record(.up, slot: 77)], &intake)
    guard case .unknownSlots(let slots) = taken else {
      Issue.record("taken: \(taken)")
      return
    }
    #expect(slots == [77])
    intake.slots.learn([:], asked: slots)
    let again = try take([record(refused), record(.up, slot: 77)], &intake)
    #expect(observations(again)?.count == 1)
    guard case .content(.results(let results), let rejected) = again else { return }
    #expect(results.rejects == [.init(index: 1, reason: "slot")] && rejected == 1)
    #expect(results.rows.rowCount == 1)
  }

  @Test func `however many slots are unknown, a batch asks once`() throws {
    var intake = intake()
    // Half of the second batch was asked for by the first, and both halves are beyond the bound.
    let first = (100..<11_100).map { record(.up, slot: $0) }
    let second = first + (20_000..<31_000).map { record(.up, slot: $0) }
    for records in [first, second, second] {
      var asked = 0
      while case .unknownSlots(let slots) = try take(records, &intake), asked < 3 {
        asked += 1
        intake.slots.learn([:], asked: slots)
      }
      #expect(asked <= 1)
    }
  }

  @Test func `times beyond the bounds are rejects`() throws {
    var intake = intake()
    let taken = try take(
      [
        record(.up, at: now - 7 * 86_400_000 - 1), record(.up, at: now - 7 * 86_400_000),
        record(.up, at: now + 300_000), record(.up, at: now + 300_001),
      ], &intake)
    guard case .content(.results(let results), _) = taken else {
      Issue.record("taken: \(taken)")
      return
    }
    #expect(
      results.rejects == [.init(index: 0, reason: "age"), .init(index: 3, reason: "future")])
    #expect(results.rows.rowCount == 2)
  }

  @Test func `a probe of what is not assigned is stored as nobody's`() throws {
    var intake = intake()
    guard case .content(.results(let results), 0) = try take([record(.up, slot: 0)], &intake)
    else {
      Issue.record("not taken")
      return
    }
    #expect(results.rows.rowCount == 0 && results.rejects.isEmpty)
  }

  @Test func `what an assignment no longer has is history, and news when it comes back`() throws {
    var intake = intake()
    _ = try take([record(refused)], &intake)
    let place = try #require(intake.slots.places.first)
    intake.slots.assign([:])
    #expect(observations(try take([record(refused)], &intake)) == [])
    var back = place
    back.told = nil
    intake.slots.assign([1: back])
    #expect(observations(try take([record(refused)], &intake))?.count == 1)
  }
}
