import Model

/// Looks for a check's texts in a body that comes in pieces, byte by byte (Knuth, Morris and Pratt,
/// "Fast Pattern Matching in Strings", 1977), so that a text is found across pieces as well.
///
/// Nothing is allocated after `init`.
public struct ContentMatcher: Hashable, Sendable {
  private struct Needle: Hashable, Sendable {
    let text: String
    let bytes: [UInt8]
    /// For each count of matched bytes, how many still match when the next byte does not.
    let fallback: [Int]
    let isWanted: Bool
    var matched = 0
    var isFound: Bool

    init(_ text: String, isWanted: Bool) {
      self.text = text
      self.isWanted = isWanted
      bytes = Array(text.utf8)
      isFound = bytes.isEmpty
      var fallback = [Int](repeating: 0, count: bytes.count + 1)
      var length = 0
      for index in bytes.indices.dropFirst() {
        while length > 0, bytes[index] != bytes[length] { length = fallback[length] }
        if bytes[index] == bytes[length] { length += 1 }
        fallback[index + 1] = length
      }
      self.fallback = fallback
    }
  }

  private var needles: [Needle]

  /// A matcher for what a check's body must and must not contain.
  public init(_ check: HTTPCheck) {
    // An empty text is in every body, and nobody can mean to forbid that.
    needles =
      check.contains.map { Needle($0, isWanted: true) }
      + check.absent.filter { !$0.isEmpty }.map { Needle($0, isWanted: false) }
  }

  /// Whether there is anything to look for.
  public var isEmpty: Bool { needles.isEmpty }

  /// Forgets what was seen, for the next body.
  public mutating func reset() {
    for index in needles.indices {
      needles[index].matched = 0
      needles[index].isFound = needles[index].bytes.isEmpty
    }
  }

  /// Looks at the next piece of the body.
  public mutating func take(_ piece: UnsafeRawBufferPointer) {
    for index in needles.indices where !needles[index].isFound {
      let needle = needles[index]
      var matched = needle.matched
      search: for byte in piece {
        while matched > 0, byte != needle.bytes[matched] { matched = needle.fallback[matched] }
        if byte == needle.bytes[matched] { matched += 1 }
        if matched == needle.bytes.count {
          needles[index].isFound = true
          break search
        }
      }
      needles[index].matched = matched
    }
  }

  /// The first text that should be in the body and was not seen.
  public var missing: String? { needles.first { $0.isWanted && !$0.isFound }?.text }

  /// The first text that should not be in the body and was seen.
  public var unwanted: String? { needles.first { !$0.isWanted && $0.isFound }?.text }
}
