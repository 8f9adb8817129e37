import Model
import Testing
import Wire

@testable import Ingress

@Suite struct AssignmentFlowTests {
  private func snapshot(
    _ revision: UInt64, _ slots: [UInt64], phase: UInt32 = 0
  )
    -> AssignmentSnapshot
  {
    AssignmentSnapshot(
      revision: revision,
      targets: slots.map {
        AssignedTarget(
          slot: $0, monitor: .zero, intervalSeconds: 30, timeoutMs: 1000, phaseMs: phase,
          question: .check(.tcp(TCPCheck(host: "x", port: 1))))
      }, places: [:])
  }

  private func types(_ frames: [Directive]) -> [FrameType] {
    frames.compactMap { directive in
      if case .sendTagged(let type, _) = directive { type } else { nil }
    }
  }

  @Test func `what the agent holds is not sent, what changed is, and all when it asks`() throws {
    var flow = AssignmentFlow(heldRevision: 4)
    let nothing = flow.loaded(snapshot(4, [1, 2])).frames
    #expect(types(nothing) == [])
    let delta = flow.loaded(snapshot(5, [2, 3])).frames
    #expect(types(delta) == [.assignDelta])
    guard case .sendTagged(_, let body) = delta[0] else { return }
    let decoded = try AssignDelta(decoding: body)
    #expect(decoded.baseRevision == 4 && decoded.removals == [1])
    #expect(decoded.upserts.map(\.slot) == [3])
    let mustAsk = flow.acknowledged(AssignAck(revision: 4, status: .needFull))
    let all = flow.loaded(snapshot(5, [2, 3])).frames
    #expect(mustAsk && types(all) == [.assignFull])
  }

  @Test func `an agent with another revision gets all of it`() {
    var flow = AssignmentFlow(heldRevision: 9)
    let frames = flow.loaded(snapshot(4, [1])).frames
    #expect(types(frames) == [.assignFull])
  }

  @Test func `a new phase is a change`() {
    var flow = AssignmentFlow(heldRevision: 4)
    _ = flow.loaded(snapshot(4, [1]))
    let frames = flow.loaded(snapshot(5, [1], phase: 7)).frames
    #expect(types(frames) == [.assignDelta])
  }

  @Test func `changes while the store is asked make it be asked once more`() {
    var flow = AssignmentFlow(heldRevision: 0)
    let asked = [flow.changed(), flow.changed(), flow.changed()]
    #expect(asked == [true, false, false])
    let again = [flow.loaded(snapshot(1, [1])).again, flow.loaded(snapshot(2, [1])).again]
    #expect(again == [true, false])
    let isAskedAnew = flow.changed()
    #expect(isAskedAnew)
  }

  @Test func `a revision that was not sent makes the store be asked, one that was does not`() {
    var flow = AssignmentFlow(heldRevision: 0)
    _ = flow.loaded(snapshot(3, [1]))
    let same = flow.stands(at: 3)
    let other = [flow.stands(at: 4), flow.stands(at: 4)]
    #expect(!same && other == [true, false])
    flow.failed()
    let again = flow.stands(at: 4)
    #expect(again)
    _ = flow.loaded(snapshot(4, [1]))
    let settled = flow.stands(at: 4)
    #expect(!settled)
  }

  @Test func `an agent that asked for all of it gets it though the store failed once`() {
    var flow = AssignmentFlow(heldRevision: 0)
    _ = flow.loaded(snapshot(3, [1]))
    _ = flow.acknowledged(AssignAck(revision: 0, status: .needFull))
    flow.failed()
    let asks = flow.stands(at: 3)
    #expect(asks)
    let frames = flow.loaded(snapshot(3, [1])).frames
    #expect(types(frames) == [.assignFull])
  }
}
