/// A path whose parts in braces stand for anything: `/api/v1/monitors/{id}`.
struct PathPattern: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  let description: String
  private let parts: [Part]

  /// The names of the parts in braces, in their order.
  var names: [String] {
    parts.compactMap { part in
      guard case .parameter(let name) = part else { return nil }
      return name
    }
  }

  private enum Part: Sendable, Hashable {
    case word(Substring)
    case parameter(String)
  }

  init(stringLiteral value: String) {
    description = value
    parts = value.split(separator: "/", omittingEmptySubsequences: false).map { part in
      part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .word(part)
    }
  }

  /// The parameters where `path` fits, byte by byte; nothing is decoded or normalised.
  func match(_ path: [Substring]) -> [String: String]? {
    guard path.count == parts.count else { return nil }
    var parameters: [String: String] = [:]
    for (part, text) in zip(parts, path) {
      switch part {
      case .word(let word): guard word.utf8.elementsEqual(text.utf8) else { return nil }
      case .parameter(let name): parameters[name] = String(text)
      }
    }
    return parameters
  }
}
