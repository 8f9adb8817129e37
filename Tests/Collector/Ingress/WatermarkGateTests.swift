import Testing
import Wire

@testable import Ingress

@Suite struct WatermarkGateTests {
  @Test func `a watermark waits for every batch before it`() {
    var gate = WatermarkGate(effectiveMs: 0)
    let first = gate.batchTaken()
    let second = gate.batchTaken()
    gate.told(100, isHeld: false)
    #expect(gate.effectiveMs == 0)
    gate.batchSettled(second, isHeld: false)
    #expect(gate.effectiveMs == 0)
    gate.batchSettled(first, isHeld: false)
    #expect(gate.effectiveMs == 100)
  }

  @Test func `a batch after it does not hold it`() {
    var gate = WatermarkGate(effectiveMs: 0)
    let before = gate.batchTaken()
    gate.told(100, isHeld: false)
    _ = gate.batchTaken()
    gate.told(200, isHeld: false)
    gate.batchSettled(before, isHeld: false)
    #expect(gate.effectiveMs == 100)
  }

  @Test func `a stream that lacks a refused batch holds it`() {
    var ledger = StreamLedger(key: 1, committed: 3)
    var gate = WatermarkGate(effectiveMs: 7)
    let refused = gate.batchTaken()
    gate.told(100, isHeld: false)
    ledger.refuse(4)
    gate.batchSettled(refused, isHeld: ledger.isBehind)
    #expect(gate.effectiveMs == 7)
    let again = gate.batchTaken()
    ledger.commit(upTo: 4, rejected: 0)
    gate.batchSettled(again, isHeld: ledger.isBehind)
    #expect(gate.effectiveMs == 100)
  }

  @Test func `it never goes back`() {
    var gate = WatermarkGate(effectiveMs: 50)
    gate.told(40, isHeld: false)
    #expect(gate.effectiveMs == 50)
  }

  @Test func `beyond the credit nothing is taken, but one batch always may be`() {
    var credit = CreditAccount(limit: .init(bytes: 100, batches: 2))
    let first = [credit.take(500), credit.take(1)]
    credit.answered(500)
    let second = [credit.take(60), credit.take(60), credit.take(40), credit.take(0)]
    #expect(first == [true, false])
    #expect(second == [true, false, true, false])
  }

  @Test func `what repeats is logged once a period, with how often it was not`() {
    let damper = LogDamper(periodMs: 100)
    let passed = [0, 10, 99, 100, 150, 300].map { damper.pass(nowMs: $0) }
    #expect(passed == [0, nil, nil, 2, nil, 1])
  }
}
