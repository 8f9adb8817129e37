import AgentCore
import Linux
import Model
import Signing
import Spool
import Testing
import Wire

/// A folder that goes away with the test.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/upblit-test-\(Identifier<Named.Token>.random())"
    try Files.makeFolder(path)
  }

  deinit {
    Self.remove(path)
  }

  static func remove(_ path: String) {
    for name in (try? Files.names(in: path)) ?? [] {
      let child = path + "/" + name
      if (try? Files.status(of: child))??.isFolder == true {
        remove(child)
      } else {
        try? Files.remove(child)
      }
    }
    try? Files.removeFolder(path)
  }
}

/// One stream of made-up batches.
struct Sample {
  static let stream = StreamID(high: 0xaaaa, low: 0xbbbb)
  static let boot = BootID(high: 1, low: 1)
  static let agent = AgentID(high: 2, low: 2)
  static let stamp = BatchStamp(
    boot: boot, keyID: 1, clockOffsetMs: 12, clockErrorMs: 3, assignmentRevision: 4)

  let maker: BatchMaker

  init() throws {
    maker = try BatchMaker(
      agent: Self.agent, keyID: 1, keys: AgentKeys(root: [UInt8](repeating: 7, count: 32)))
  }

  func name(_ sequence: UInt64) -> BatchName {
    BatchName(stream: Self.stream, sequence: sequence)
  }

  /// A batch of two records, the first at `sequence` seconds.
  func made(_ sequence: UInt64) throws -> BatchMaker.Made {
    let startMs = Int64(sequence) * 1_000
    return try #require(
      try maker.batches(
        of: [record(1, at: startMs), record(2, at: startMs + 5)], from: name(sequence),
        stamp: Self.stamp, nowMs: startMs
      ).first)
  }

  func skip(_ loss: Loss) throws -> BatchMaker.Made {
    try maker.skip(for: loss, stamp: Self.stamp, nowMs: 0)
  }

  /// A spool with the batches of some sequences.
  func fill(
    _ folder: String, _ sequences: ClosedRange<UInt64>, limits: SpoolLimits = .roomy
  ) throws -> Spool {
    let spool = try Spool(folder: folder, limits: limits)
    for sequence in sequences {
      let made = try made(sequence)
      try spool.append(made.body, as: made.name)
    }
    return spool
  }
}

extension SpoolLimits {
  /// Limits that no test reaches by accident, whatever room the machine has.
  static var roomy: SpoolLimits {
    var limits = SpoolLimits(bytes: 1 << 30, ageMs: Int64.max / 4)
    limits.freeBytes = 0
    return limits
  }
}
