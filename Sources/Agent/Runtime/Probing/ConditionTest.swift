import Conditions
import Model

/// The conditions of one check, and what of the running probe's answer they ask about.
struct ConditionTest {
  let list: ConditionList
  private let wantsBody: Bool
  /// The decoded body, as far as it is read.
  private(set) var body: [UInt8] = []

  /// Throws where the check has a condition that this agent does not understand; `nil` for a check
  /// that has none.
  init?(_ check: Check) throws(ProbeSetup.Unusable) {
    let texts: [String]
    let kind: ProbeKind
    switch check {
    case .http(let check): (texts, kind) = (check.conditions, .http)
    case .tcp(let check): (texts, kind) = (check.conditions, .tcp)
    }
    guard !texts.isEmpty else { return nil }
    do throws(ConditionList.ParsingError) {
      list = try ConditionList(parsing: texts, for: kind)
    } catch {
      throw ProbeSetup.Unusable(
        reason: "the agent does not understand the check's condition "
          + "\((error.index ?? 0) + 1): \(error.error)")
    }
    wantsBody = !list.facts.isDisjoint(with: [.body, .bodySize, .bodyDigest])
  }

  /// Takes a piece of the body.
  mutating func take(_ piece: UnsafeRawBufferPointer) {
    if wantsBody { body += piece }
  }

  /// Another answer begins.
  mutating func reset() {
    body.removeAll(keepingCapacity: body.capacity <= Self.mostKept)
  }

  /// Gives the memory of a large body back when the probe is over.
  mutating func rest() {
    if body.capacity > Self.mostKept { body = [] }
  }

  /// The most bytes that an idle target keeps for its next body.
  private static let mostKept = 16 << 10
}
