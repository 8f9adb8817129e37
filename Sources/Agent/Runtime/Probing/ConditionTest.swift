import Conditions
import Model

/// The conditions of one check, and what of the running probe's answer they ask about.
///
/// A reference, so that probes of checks without any spend one look on it.
final class ConditionTest {
  let list: ConditionList
  private let wantsBody: Bool
  /// The decoded body, as far as it is read.
  private(set) var body: [UInt8] = []
  /// Whether there was no room for all of it.
  private(set) var isStarved = false

  /// Throws where the check has a condition that this agent does not understand; `nil` for a check
  /// that has none.
  init?(_ check: Check) throws(ProbeSetup.Unusable) {
    let texts = check.common.conditions
    guard !texts.isEmpty, let kind = ProbeKind(rawValue: check.kind.word) else { return nil }
    do throws(ConditionList.ParsingError) {
      list = try ConditionList(parsing: texts, for: kind)
    } catch {
      throw ProbeSetup.Unusable(
        reason: "the agent does not understand the check's condition "
          + "\((error.index ?? 0) + 1): \(error.error)")
    }
    wantsBody = !list.facts.isDisjoint(with: [.body, .bodySize, .bodyDigest])
  }

  /// Whether they ask for more of the certificates than when the leaf expires.
  var readsChain: Bool {
    !list.facts.isDisjoint(with: [
      .certificateSubject, .certificateIssuer, .certificateNames, .certificateSerial,
      .certificateDigest, .chainExpiration, .ocspStatus,
    ])
  }

  /// Whether they ask for what a stapled OCSP response says.
  var wantsStaple: Bool { list.facts.contains(.ocspStatus) }

  /// Takes a piece of the body, out of what all probes together may hold.
  func take(_ piece: UnsafeRawBufferPointer, from pool: CapturePool) {
    guard wantsBody, !isStarved else { return }
    guard pool.lendBody(piece.count) else {
      isStarved = true
      return
    }
    body += piece
  }

  /// Another answer begins.
  func reset(giving pool: CapturePool) {
    pool.takeBackBody(body.count)
    body.removeAll(keepingCapacity: body.capacity <= Self.mostKept)
    isStarved = false
  }

  /// The probe is over.
  func rest(giving pool: CapturePool) {
    reset(giving: pool)
  }

  /// The most bytes that an idle target keeps for its next body.
  private static let mostKept = 16 << 10
}
