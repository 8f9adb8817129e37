/// A value that was found in a document.
struct JSONSpan: Hashable, Sendable {
  var kind: JSONKind
  /// Its bytes in the document.
  var range: Range<Int>
  /// The elements of an array, 0 of anything else.
  var count: Int
}

/// Looks a path up in a document in one pass, without a tree of it. The whole document must be
/// valid, and is read to its end.
///
/// Where a name occurs twice in an object, the last one counts, as with most parsers.
struct JSONSearch {
  /// The most values that `[*]` may lead to.
  static let mostValues = 50_000

  private var scanner: JSONScanner
  private let steps: [JSONPath.Step]
  /// What was found; `nil` for an element of `[*]` that has no such value.
  private var found: [JSONSpan?] = []

  /// The values at a path: exactly one, or `nil` in its place, unless the path has `[*]`.
  static func values(
    at path: JSONPath, in bytes: [UInt8]
  ) throws(JSONProblem) -> [JSONSpan?] {
    var search = JSONSearch(bytes, path)
    return try search.run()
  }

  private init(_ bytes: [UInt8], _ path: JSONPath) {
    scanner = JSONScanner(bytes)
    steps = path.steps
  }

  private mutating func run() throws(JSONProblem) -> [JSONSpan?] {
    scanner.skipSpace()
    if scanner.peek == nil { throw scanner.problem("the text is empty") }
    try look(0)
    scanner.skipSpace()
    if scanner.peek != nil { throw scanner.problem("there is more after the value") }
    return found
  }

  /// Passes over one value, and notes what the steps from `step` on lead to.
  private mutating func look(_ step: Int) throws(JSONProblem) {
    scanner.skipSpace()
    guard step < steps.count else { return try note() }
    switch (steps[step], scanner.peek) {
    case (.key(let key), UInt8(ascii: "{")): try lookIntoObject(key, step)
    case (.index(let index), UInt8(ascii: "[")): try lookIntoArray(index, step)
    case (.every, UInt8(ascii: "[")):
      try scanner.beginArray(step)
      var isFirst = true
      while try scanner.nextElement(isFirst: isFirst) {
        isFirst = false
        try look(step + 1)
      }
    default:
      _ = try scanner.skipValue(step)
      try add(nil)
    }
  }

  private mutating func note() throws(JSONProblem) {
    let start = scanner.offset
    var span = JSONSpan(kind: .array, range: start..<start, count: 0)
    if scanner.peek == UInt8(ascii: "[") {
      span.count = try scanner.skipArray(steps.count)
    } else {
      span.kind = try scanner.skipValue(steps.count)
    }
    span.range = start..<scanner.offset
    try add(span)
  }

  private mutating func lookIntoObject(_ key: [UInt8], _ step: Int) throws(JSONProblem) {
    let mark = found.count
    var isFound = false
    try scanner.beginObject(step)
    while let name = try scanner.nextMember() {
      guard matches(name, key) else {
        _ = try scanner.skipValue(step + 1)
        continue
      }
      found.removeLast(found.count - mark)
      isFound = true
      try look(step + 1)
    }
    if !isFound { try add(nil) }
  }

  private mutating func lookIntoArray(_ index: Int, _ step: Int) throws(JSONProblem) {
    var position = 0
    try scanner.beginArray(step)
    while try scanner.nextElement(isFirst: position == 0) {
      if position == index {
        try look(step + 1)
      } else {
        _ = try scanner.skipValue(step + 1)
      }
      position += 1
    }
    if position <= index { try add(nil) }
  }

  private func matches(_ name: Range<Int>, _ key: [UInt8]) -> Bool {
    let bytes = scanner.bytes[name]
    if bytes.elementsEqual(key) { return true }
    guard bytes.contains(UInt8(ascii: "\\")) else { return false }
    return JSONText.unescaped(bytes) == key
  }

  private mutating func add(_ span: JSONSpan?) throws(JSONProblem) {
    guard found.count < Self.mostValues else {
      throw scanner.problem("[*] leads to more than \(Self.mostValues) values")
    }
    found.append(span)
  }
}
