import Model

extension Resolution {
  /// As lines of evidence: what came of each question, and below it who was asked and what that server
  /// said. None for an address that was written as one.
  public var lines: [String] {
    switch source {
    case .literal: return failure.map { ["\($0)"] } ?? []
    case .hostsFile, .localhost:
      let origin = source == .hostsFile ? "the hosts file" : "no server, as it is this host"
      return ["\(words(canonicalName)), from \(origin): \(Self.words(addresses))"]
    case .cache, .servers:
      guard !findings.isEmpty else {
        return failure.map { ["\(words(canonicalName)): \($0)"] } ?? []
      }
      return findings.flatMap { finding in
        [finding.line] + finding.answer.attempts.map { "  \($0)" }
      }
    }
  }

  private func words(_ name: DomainName?) -> String { name.map { "\($0)" } ?? "the name" }

  static func words(_ addresses: [IPAddress]) -> String {
    // Enough to compare by.
    let most = 16
    let words = addresses.prefix(most).map(\.description).joined(separator: " ")
    return addresses.count > most ? "\(words) and \(addresses.count - most) more" : words
  }
}

extension Resolution.Finding {
  /// Such as `shop.example. A, ttl 60: 192.0.2.7`.
  fileprivate var line: String {
    var line = "\(name) \(type)"
    if answer.canonicalName != name { line += ", alias of \(answer.canonicalName)" }
    if isKept { line += ", kept from before" }
    if let ttl = answer.ttl { line += ", ttl \(ttl)" }
    return line + ": " + (answer.failure.map { "\($0)" } ?? Resolution.words(answer.addresses))
  }

  private var isKept: Bool {
    guard answer.attempts.isEmpty else { return false }
    return switch answer.failure {
    case nil, .noSuchName, .noData: true
    default: false
    }
  }
}
