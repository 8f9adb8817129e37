import Model

/// What a condition is about: a fact, or the length or presence of one.
struct Subject: Hashable, Sendable, CustomStringConvertible {
  enum Function: String, CaseIterable, Hashable, Sendable {
    /// How long a text is, how many elements an array has.
    case len
    /// Whether there is such a thing.
    case has
  }

  var function: Function?
  var fact: Fact
  /// Within the body.
  var path = JSONPath()
  /// The header's name in lower case.
  var header = ""
  /// Whether each of several values is asked about, and not any of them.
  var isEvery = false

  /// What the subject's value is like.
  var shape: Fact.Shape {
    switch function {
    case .len: .number
    case .has: .truth
    case nil: fact.shape
    }
  }

  /// Whether a path leads into the body, which is JSON then.
  var isWithinBody: Bool { fact == .body && !path.steps.isEmpty }

  var description: String {
    var text = fact.rawValue
    switch fact {
    case .body: text += path.description
    case .headers: text += ".\(header)"
    default: break
    }
    if isEvery { text += "[*]" }
    guard let function else { return text }
    return "\(function.rawValue)(\(text))"
  }

  /// The reason where a condition on this is not met.
  var reason: Reason { isWithinBody ? .assertJSON : fact.reason }
}
