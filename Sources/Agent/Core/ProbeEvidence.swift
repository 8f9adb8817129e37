import Wire

/// What an agent saw behind the outcome of one probe: one piece of evidence, within bounds.
///
/// `Sources/Protocol/README.md` says what each part's bytes are; an empty part is not there.
public struct ProbeEvidence: Hashable, Sendable {
  /// The most bytes of the head of an answer that are kept, masked or not.
  public static let headLimit = 8 << 10
  /// The most bytes of the body.
  public static let bodyLimit = 4 << 10
  /// The most bytes that name the edge.
  public static let presenceLimit = 512
  /// The most bytes about the way to the answer.
  public static let attemptsLimit = 4 << 10
  /// The most bytes about the certificates.
  public static let chainLimit = 4 << 10
  /// The most bytes about the names.
  public static let resolverLimit = 2 << 10
  /// The most bytes about the hosts on the way.
  public static let tracerouteLimit = 2 << 10

  /// The address that was connected to, or tried last.
  public var address: [UInt8] = []
  /// The headers that name the edge which answered.
  public var presence: [UInt8] = []
  /// The last answer's status line and headers, secrets masked.
  public var headers: [UInt8] = []
  /// The beginning of the last answer's body, decoded.
  public var bodyExcerpt: [UInt8] = []
  /// The certificates that the peer showed, the leaf first.
  public var certificateChain: [UInt8] = []
  /// What was found out about names: who was asked, and what they answered.
  public var resolver: [UInt8] = []
  /// Addresses that were tried and redirects that were followed.
  public var attempts: [UInt8] = []
  /// The hosts on the way to the address, one a line.
  public var traceroute: [UInt8] = []

  public init() {}

  public var isEmpty: Bool { byteCount == 0 }

  /// Bytes of all parts.
  public var byteCount: Int {
    address.count + presence.count + headers.count + bodyExcerpt.count
      + certificateChain.count + resolver.count + attempts.count + traceroute.count
  }

  /// As the wire has them, by their numbers.
  public var parts: [Evidence.Part] {
    let all: [(Evidence.PartKind, [UInt8])] = [
      (.address, address), (.presence, presence), (.headers, headers),
      (.bodyExcerpt, bodyExcerpt), (.certificateChain, certificateChain), (.resolver, resolver),
      (.attempts, attempts), (.traceroute, traceroute),
    ]
    return all.compactMap { kind, bytes in
      bytes.isEmpty ? nil : Evidence.Part(kind: kind.rawValue, bytes: bytes)
    }
  }
}
