import Conditions
import Model

/// What is waited for in what a target says.
public enum AwaitedText: Hashable, Sendable {
  /// A pattern that is found anywhere. Where what follows decides, as with `$` and `\b`, the bytes
  /// up to there belong to the match.
  case pattern(LinearPattern)
  /// These bytes in a row.
  case bytes([UInt8])
}

/// One expectation, looked for in bytes that come in pieces of any size.
///
/// Each byte is looked at once, so that a peer that drips costs no more than one that does not. It
/// keeps no text but a short beginning, for a sentence.
public struct Search {
  /// How many bytes may come without a match.
  public static let mostBytes = 65_536
  /// How much work one pattern may cost.
  public static let mostSteps = 2_000_000
  /// Bytes that are kept for a sentence.
  private static let keptBytes = 256

  public enum Answer: Hashable, Sendable {
    /// Found; so many of the bytes given belong to it.
    case met(Int)
    case notYet
    case tooCostly
    /// `mostBytes` came without it.
    case tooMuch
  }

  public let expectation: AwaitedText
  private var matcher: PatternMatcher?
  private var text: TextMatch?
  private var usedSteps = 0
  /// Bytes looked at.
  public private(set) var count = 0
  private var kept: [UInt8] = []

  public init(_ expectation: AwaitedText) {
    self.expectation = expectation
    switch expectation {
    case .pattern(let pattern): matcher = PatternMatcher(pattern, steps: Self.mostSteps)
    case .bytes(let bytes): text = TextMatch(bytes)
    }
  }

  /// Looks at the next bytes, up to the end of a match.
  public mutating func take(_ bytes: ArraySlice<UInt8>) -> Answer {
    // What matches nothing at all is met before anything comes.
    if isMetByNothing() { return .met(0) }
    for (offset, byte) in bytes.enumerated() {
      guard count < Self.mostBytes else { return .tooMuch }
      count += 1
      if kept.count < Self.keptBytes { kept.append(byte) }
      if let found = text?.take(byte) {
        if found { return .met(offset + 1) }
        continue
      }
      let verdict = withUnsafeBytes(of: byte) { matcher?.take($0) }
      switch verdict {
      case .matched: return .met(offset + 1)
      case .tooCostly: return .tooCostly
      case .absent, nil: break
      }
    }
    return .notYet
  }

  /// Whether it is met by nothing at all.
  private mutating func isMetByNothing() -> Bool {
    if let text { return text.isEmpty }
    return matcher?.take(UnsafeRawBufferPointer(start: nil, count: 0)) == .matched
  }

  /// Says that no more comes; the end may make the match.
  public mutating func finish() -> Answer {
    switch matcher?.finish() {
    case .matched: return .met(0)
    case .tooCostly: return .tooCostly
    case .absent, nil: return isMetByNothing() ? .met(0) : .notYet
    }
  }

  /// Begins anew with the next message; the bytes and steps of the earlier ones go on to count.
  public mutating func nextMessage() {
    usedSteps += matcher?.steps ?? 0
    switch expectation {
    case .pattern(let pattern):
      matcher = PatternMatcher(pattern, steps: max(0, Self.mostSteps - usedSteps))
    case .bytes(let bytes): text = TextMatch(bytes)
    }
  }

  /// That it was not met, with what came instead.
  public func failure(_ how: String) -> Failure {
    let heard = "what came: \"\(VisibleText.excerpt(kept))\""
    switch expectation {
    case .pattern(let pattern):
      return Failure(
        .assertRegex,
        detail:
          "\(how) without a match of \(VisibleText.excerpt(pattern.text, limit: 60)); \(heard)")
    case .bytes(let bytes):
      return Failure(
        .assertMissing,
        detail: "\(how) without \"\(VisibleText.excerpt(bytes, limit: 60))\"; \(heard)")
    }
  }

  /// That looking for it cost too much.
  public var costFailure: Failure {
    Failure(
      .assertTooCostly, detail: "a pattern took more than \(Self.mostSteps) steps on what came")
  }
}

/// Looks for bytes in a row (Knuth, Morris and Pratt, 1977).
struct TextMatch: Sendable {
  private let bytes: [UInt8]
  /// For each count of matched bytes, how many still match when the next byte does not.
  private let fallback: [Int]
  private var matched = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var fallback = [Int](repeating: 0, count: bytes.count + 1)
    var length = 0
    for index in bytes.indices.dropFirst() {
      while length > 0, bytes[index] != bytes[length] { length = fallback[length] }
      if bytes[index] == bytes[length] { length += 1 }
      fallback[index + 1] = length
    }
    self.fallback = fallback
  }

  var isEmpty: Bool { bytes.isEmpty }

  /// True with the last byte of a match.
  mutating func take(_ byte: UInt8) -> Bool {
    guard !bytes.isEmpty else { return true }
    if matched == bytes.count { matched = fallback[matched] }
    while matched > 0, byte != bytes[matched] { matched = fallback[matched] }
    if byte == bytes[matched] { matched += 1 }
    return matched == bytes.count
  }
}
