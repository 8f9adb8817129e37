/// The way to a value within a JSON document: `.a.b[0]["a key"]`; `[*]` goes to every element.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
  /// The most steps of a path.
  public static let mostSteps = 32
  /// The largest index, so that what is printed is what was read.
  static let largestIndex = 999_999_999

  enum Step: Hashable, Sendable {
    /// A member of an object by the bytes of its name.
    case key([UInt8])
    /// An element of an array, from 0.
    case index(Int)
    /// Each element of an array.
    case every
  }

  var steps: [Step]

  init(_ steps: [Step] = []) { self.steps = steps }

  /// Whether it can lead to several values.
  var isMultiple: Bool { steps.contains(.every) }

  /// The path as it is written behind `[BODY]`.
  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key):
        let name = String(decoding: key, as: UTF8.self)
        text += Self.isBare(name) ? ".\(name)" : "[\(JSONText.quoted(name))]"
      case .index(let index): text += "[\(index)]"
      case .every: text += "[*]"
      }
    }
    return text
  }

  private static func isBare(_ name: String) -> Bool {
    !name.isEmpty && name.unicodeScalars.allSatisfy(isBare)
  }

  /// Whether a character may stand in a key without quotes.
  static func isBare(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case ".", "[", "]", "(", ")", "\"", "'", "\\", "=", "!", "<", ">", ",": false
    default: scalar.value > 0x20 && !Excerpt.isMasked(scalar)
    }
  }
}
