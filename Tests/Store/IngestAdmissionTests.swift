import Model
import Testing

@testable import Store

@Suite struct IngestAdmissionTests {
  /// One batch that is judged, by stream 10 of agent 1, unless said otherwise.
  struct Case: Sendable, CustomTestStringConvertible {
    var sequence: Int64
    var first: Int64?
    var digest: UInt64 = 1
    var agent: Int32 = 1
    var generation: Int64 = 5
    var stream: Int64 = 10
    var decision: IngestAdmission.Decision

    var testDescription: String { "\(first ?? sequence)...\(sequence) -> \(decision)" }
  }

  private static func name(_ sequence: Int64) -> IngestAdmission.Name {
    IngestAdmission.Name(streamKey: 10, sequence: sequence)
  }

  static let cases = [
    Case(sequence: 8, decision: .store),
    Case(sequence: 9, decision: .answer(.gap(committed: 7))),
    Case(sequence: 7, decision: .compare(name(7), committed: 7)),
    Case(sequence: 1, decision: .compare(name(1), committed: 7)),
    Case(sequence: 20, first: 8, decision: .store),
    Case(sequence: 20, first: 1, decision: .store),
    Case(sequence: 20, first: 9, decision: .answer(.gap(committed: 7))),
    Case(sequence: 7, first: 3, decision: .compare(name(7), committed: 7)),
    Case(sequence: .max, first: 8, decision: .store),
    Case(sequence: 8, generation: 4, decision: .answer(.fenced)),
    Case(sequence: 8, generation: 6, decision: .answer(.fenced)),
    Case(sequence: 8, agent: 3, decision: .answer(.fenced)),
    Case(sequence: 8, agent: 2, decision: .answer(.unknown)),
    Case(sequence: 8, stream: 11, decision: .answer(.unknown)),
  ]

  private static func admission() -> IngestAdmission {
    IngestAdmission(
      generations: [1: 5, 2: 5], streams: [10: .init(agentKey: 1, committed: 7)])
  }

  @Test(arguments: cases) func `each batch is judged by the stream's mark`(_ batch: Case) {
    var admission = Self.admission()
    let decision = admission.judge(
      .init(
        agentKey: batch.agent, generation: batch.generation, streamKey: batch.stream,
        sequence: batch.sequence), digest: batch.digest, first: batch.first ?? batch.sequence)
    #expect(decision == batch.decision)
    let expected = batch.decision == .store ? batch.sequence : 7
    #expect(admission.streams[10]?.committed == expected)
  }

  @Test func `batches of one group build on each other`() {
    var admission = Self.admission()
    func judge(_ sequence: Int64, digest: UInt64 = 1) -> IngestAdmission.Decision {
      admission.judge(
        .init(agentKey: 1, generation: 5, streamKey: 10, sequence: sequence), digest: digest,
        first: sequence)
    }
    #expect(judge(8) == .store)
    #expect(judge(10) == .answer(.gap(committed: 8)))
    #expect(judge(9) == .store)
    #expect(judge(8) == .answer(.duplicate(committed: 9)))
    #expect(judge(8, digest: 2) == .answer(.fork(committed: 9)))
  }

  @Test func `the last sequence that there is ends a stream without a trap`() {
    var admission = Self.admission()
    let place = IngestBatch.Place(
      agentKey: 1, generation: 5, streamKey: 10, sequence: .max)
    #expect(admission.judge(place, digest: 1, first: 1) == .store)
    #expect(admission.judge(place, digest: 1, first: 1) == .answer(.duplicate(committed: .max)))
  }
}
