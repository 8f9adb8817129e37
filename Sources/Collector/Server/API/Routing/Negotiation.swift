/// What a caller asks the answer to be (RFC 9110 section 12.5).
package enum Negotiation {
  /// Whether `type`, such as `application/json`, is among what `Accept` asks for. Without the header
  /// everything is.
  static func accepts(_ type: String, _ header: String?) -> Bool {
    guard let header else { return true }
    let main = type.prefix { $0 != "/" }
    // The most precise range that fits decides.
    var best: (precision: Int, isWanted: Bool)?
    for (range, isWanted) in elements(header) {
      let precision: Int
      switch range {
      case type: precision = 2
      case main + "/*": precision = 1
      case "*/*": precision = 0
      default: continue
      }
      if best == nil || precision > best?.precision ?? -1 { best = (precision, isWanted) }
    }
    return best?.isWanted ?? false
  }

  /// Whether gzip is asked for.
  package static func acceptsGzip(_ header: String?) -> Bool {
    guard let header else { return false }
    let codings = elements(header)
    return (codings.first { $0.name == "gzip" } ?? codings.first { $0.name == "*" })?.isWanted
      ?? false
  }

  /// The elements of a list, lower-case, and whether their weight is above zero.
  private static func elements(_ header: String) -> [(name: String, isWanted: Bool)] {
    header.split(separator: ",").map { element in
      let parts = element.lowercased().split(separator: ";").map { part in
        part.filter { $0 != " " && $0 != "\t" }
      }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
      let isZero = weight.map { $0.allSatisfy { $0 == "0" || $0 == "." } } ?? false
      return (parts.first ?? "", !isZero)
    }
  }
}
