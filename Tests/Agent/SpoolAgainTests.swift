import AgentCore
import Linux
import Model
import Signing
import Spool
import Testing
import Wire

/// Batches that are signed anew in their places.
@Suite struct SpoolAgainTests {
  private let scratch: ScratchFolder
  private let sample: Sample
  private let other: BatchMaker

  init() throws {
    scratch = try ScratchFolder()
    sample = try Sample()
    other = try BatchMaker(
      agent: Sample.agent, keyID: 2, keys: AgentKeys(root: [UInt8](repeating: 9, count: 32)))
  }

  /// Signs a held batch anew, and gives what it is then.
  private func again(_ sequence: UInt64, in spool: Spool) throws -> [UInt8] {
    let name = sample.name(sequence)
    let held = try #require(spool.body(of: name))
    let made = try #require(
      try other.renamed(held, to: name, nowMs: 0, currentBoot: Sample.boot))
    spool.replace(name, with: made.body)
    #expect(made.body != held && made.body.count == held.count)
    return made.body
  }

  private func reopened() throws -> (spool: Spool, stream: StoredStream) {
    let spool = try Spool(folder: scratch.path, limits: .roomy)
    return (spool, try #require(spool.recover(boot: .zero, nowMs: 0).first))
  }

  @Test func `a batch and a skip that were signed anew are so in the next process too`() throws {
    var bodies: [UInt64: [UInt8]] = [:]
    do {
      let spool = try sample.fill(scratch.path, 1...6)
      let loss = Loss(
        stream: Sample.stream, first: 2, last: 3, results: 4, fromMs: 1, toMs: 2, reason: .age)
      spool.announce(loss, skip: try sample.skip(loss).body)
      for sequence in [1, 3, 5, 6] as [UInt64] { bodies[sequence] = try again(sequence, in: spool) }
      let made = try sample.made(7)
      #expect(try spool.append(made.body, as: made.name))
      for (sequence, body) in bodies { #expect(spool.body(of: sample.name(sequence)) == body) }
    }
    for _ in 1...2 {
      let (spool, stream) = try reopened()
      #expect(stream.batches.map(\.sequence) == [1, 3, 4, 5, 6, 7])
      #expect(stream.batches.map(\.first) == [1, 2, 4, 5, 6, 7])
      #expect(stream.losses.isEmpty && spool.takeTroubles().isEmpty)
      for (sequence, body) in bodies { #expect(spool.body(of: sample.name(sequence)) == body) }
    }
  }

  @Test func `a skip for a batch that was signed anew stays, whatever file is left`() throws {
    var left: [UInt8] = []
    let loss = Loss(
      stream: Sample.stream, first: 1, last: 2, results: 4, fromMs: 1, toMs: 2, reason: .space)
    let skip = try sample.skip(loss).body
    let path = "\(scratch.path)/\(Sample.stream)/00000000000000000002.seg-again"
    do {
      let spool = try sample.fill(scratch.path, 1...3)
      _ = try again(2, in: spool)
      left = try #require(try Files.read(path))
      spool.announce(loss, skip: skip)
      #expect(try Files.status(of: path) == nil)
    }
    // The process ended before the file was removed.
    try Files.replace(path, with: left)
    let (spool, stream) = try reopened()
    #expect(stream.batches.map(\.sequence) == [2, 3])
    #expect(spool.body(of: sample.name(2)) == skip)
  }

  @Test func `on a disk without room a batch that is signed anew waits in memory`() throws {
    let spool = try sample.fill(scratch.path, 1...2)
    let path = "\(scratch.path)/\(Sample.stream)/00000000000000000001.seg-again"
    try Files.makeFolder(path)
    let body = try again(1, in: spool)
    #expect(spool.isStuck)
    #expect(spool.body(of: sample.name(1)) == body)
    spool.flushWaiting()
    #expect(!spool.isStuck)
    #expect(spool.body(of: sample.name(1)) == body)
  }
}
