import Glibc
import Linux
import Synchronization
import Testing

@Suite struct LinuxTests {
  @Test func `agent time starts at the wall clock and goes on from there`() {
    let clock = AgentClock(wallNanoseconds: 1_700_000_000_000_000_000)
    let first = clock.nowMicroseconds()
    let second = clock.nowMicroseconds()
    #expect(first >= 1_700_000_000_000_000)
    #expect(first < 1_700_000_060_000_000)
    #expect(second >= first)
    #expect(abs(AgentClock().nowMs() - AgentClock.wallMs()) < 60_000)
  }

  @Test func `a signal from another thread ends a wait for ever`() throws {
    let queue = try EventQueue()
    let wakeUp = try WakeUp()
    try queue.add(wakeUp.descriptor, for: .readable, token: 7)
    #expect(try queue.wait(nanoseconds: 0) == 0)
    let descriptor = wakeUp.descriptor
    #expect(descriptor > 2)
    wakeUp.signal()
    wakeUp.signal()
    #expect(try queue.wait(nanoseconds: nil) == 1)
    #expect(queue.event(0).token == 7)
    #expect(queue.event(0).readiness.contains(.readable))
    wakeUp.drain()
    #expect(try queue.wait(nanoseconds: 0) == 0)
  }

  @Test func `a timer goes off at its time and not before`() throws {
    let queue = try EventQueue(capacity: 1)
    let timer = try TimerDescriptor()
    try queue.add(timer.descriptor, for: .readable, token: 1)
    let due = AgentClock.monotonicNanoseconds() + 3_000_000
    try timer.set(at: due)
    #expect(try queue.wait(nanoseconds: 10_000_000_000) == 1)
    #expect(AgentClock.monotonicNanoseconds() >= due)
    timer.drain()
    try timer.set(at: 0)
    #expect(try queue.wait(nanoseconds: 10_000_000_000) == 1)
    timer.drain()
    try timer.set(at: nil)
    #expect(try queue.wait(nanoseconds: 0) == 0)
  }

  @Test func `a wait with a limit does not end before it`() throws {
    let queue = try EventQueue()
    let begin = AgentClock.monotonicNanoseconds()
    #expect(try queue.wait(nanoseconds: 200_000) == 0)
    #expect(AgentClock.monotonicNanoseconds() - begin >= 200_000)
  }

  @Test func `a joined thread has run its body`() throws {
    let sum = Mutex(0)
    let threads = try (1...8).map { number in
      try DedicatedThread(name: "upblit test thread") { sum.withLock { $0 += number } }
    }
    for thread in threads {
      thread.join()
      thread.join()
    }
    #expect(sum.withLock { $0 } == 36)
  }

  @Test func `a dedicated thread that writes to a closed pipe gets an error, not a signal`() throws
  {
    let code = Mutex<Int32>(0)
    let thread = try DedicatedThread(name: "pipe") {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { return }
      close(ends[0])
      var byte: UInt8 = 0
      let count = write(ends[1], &byte, 1)
      if count < 0 { code.withLock { $0 = errno } }
      close(ends[1])
    }
    thread.join()
    #expect(code.withLock { $0 } == EPIPE)
  }

  @Test func `an error names the call and says what the kernel said`() {
    let error = #expect(throws: SystemError.self) { try EventQueue().add(-1, for: [], token: 0) }
    #expect(error?.code == 9)
    #expect(error?.description == "epoll_ctl add: Bad file descriptor")
    #expect(!SystemError.text(of: 123_456).isEmpty)
  }

  @Test func `the limit on open files can be asked for and raised to its own bound`() {
    let before = ProcessLimits.openFiles()
    #expect(before > 0)
    #expect(ProcessLimits.raiseOpenFiles(to: before) == before)
    #expect(ProcessLimits.processorMicroseconds().user > 0)
  }
}
