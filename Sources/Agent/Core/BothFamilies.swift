public import Model

/// What a target was found to be over IPv4 and over IPv6, and what it is therefore.
///
/// The worse half decides. From worst to best:
///
/// 1. a failure that only the target can have caused;
/// 2. a failure that the way to it could have caused as well;
/// 3. the agent's own trouble: half of the question was not asked. It never makes the target down, and
///    the other half, if it is well, never makes it up; but where the other half has failed, that is
///    known whatever this one would have said;
/// 4. degraded;
/// 5. up.
///
/// Of two that are equally well the slower decides, so that no time hides behind a shorter one. Of two
/// that are equally bad it is IPv4, so that their times do not change the reason from probe to probe.
public struct BothFamilies: Hashable, Sendable {
  public enum Half: Sendable, CaseIterable {
    case ipv4, ipv6

    public var family: AddressFamily { self == .ipv4 ? .ipv4 : .ipv6 }
    /// As people write it.
    public var name: String { self == .ipv4 ? "IPv4" : "IPv6" }
    /// As evidence has it.
    var word: String { self == .ipv4 ? "ipv4" : "ipv6" }
    var other: Half { self == .ipv4 ? .ipv6 : .ipv4 }
  }

  private enum Weight: Int {
    case up, degraded, unasked, ambiguous, attributable

    init(_ outcome: Outcome) {
      switch outcome {
      case .up: self = .up
      case .degraded: self = .degraded
      case .failed(let failure):
        switch failure.failureClass.standing {
        case .unknown: self = .unasked
        case .ambiguous: self = .ambiguous
        case .attributable: self = .attributable
        }
      }
    }

    var isDown: Bool { rawValue > Weight.unasked.rawValue }
  }

  public let ipv4: ProbeRecord
  public let ipv6: ProbeRecord

  public init(ipv4: ProbeRecord, ipv6: ProbeRecord) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  public subscript(half: Half) -> ProbeRecord { half == .ipv4 ? ipv4 : ipv6 }

  /// The half whose record, times and evidence stand for the whole.
  public var decisive: Half {
    let weights = (Weight(ipv4.outcome), Weight(ipv6.outcome))
    if weights.0 != weights.1 { return weights.0.rawValue > weights.1.rawValue ? .ipv4 : .ipv6 }
    switch weights.0 {
    case .up, .degraded: return ipv6.total > ipv4.total ? .ipv6 : .ipv4
    case .unasked, .ambiguous, .attributable: return .ipv4
    }
  }

  /// The whole probe's record: that of the decisive half, with words that say over what it was.
  public var record: ProbeRecord {
    var record = self[decisive]
    switch record.outcome {
    case .up, .degraded(nil): break
    case .degraded(let failure?): record.outcome = .degraded(explained(failure))
    case .failed(let failure): record.outcome = .failed(explained(failure))
    }
    return record
  }

  /// Says over what it was, and what the other half had to say where that is not better.
  private func explained(_ failure: Failure) -> Failure {
    let half = decisive
    let (own, other) = (Weight(self[half].outcome), Weight(self[half.other].outcome))
    var result = failure
    if let second = self[half.other].outcome.failure, own == other || own.isDown && other.isDown {
      result.detail =
        second.reason == failure.reason && second.detail == failure.detail
        ? "over IPv4 and IPv6: \(Judgement.excerpt(failure.detail, limit: 230))"
        : "over \(half.name): \(Judgement.excerpt(failure.detail, limit: 110)); "
          + "over \(half.other.name): \(Judgement.excerpt(second.detail, limit: 110))"
    } else {
      result.detail = "over \(half.name): \(Judgement.excerpt(failure.detail, limit: 240))"
    }
    return result
  }

  /// A line about one half, for evidence: `over ipv6 ::1 443: tcp.refused; total 0.4 ms`.
  ///
  /// - Parameter address: family, address and port as evidence has them; empty where there is none.
  public func line(of half: Half, address: String) -> String {
    let record = self[half]
    let outcome =
      switch record.outcome {
      case .up: "up"
      case .degraded(let failure): "degraded" + (failure.map { " \($0.reason.code)" } ?? "")
      case .failed(let failure): failure.reason.code
      }
    var times: [String] = []
    if let phases = record.phases {
      times = [
        "dns \(Self.milliseconds(phases.dns))", "connect \(Self.milliseconds(phases.connect))",
        "tls \(Self.milliseconds(phases.tls))",
        "first byte \(Self.milliseconds(phases.firstByte))",
      ]
    }
    times.append("total \(Self.milliseconds(record.total))")
    let place = address.isEmpty ? half.word : address
    return "over \(place): \(outcome); \(times.joined(separator: ", "))"
  }

  private static func milliseconds(_ tenths: UInt32) -> String {
    "\(tenths / 10).\(tenths % 10) ms"
  }
}
