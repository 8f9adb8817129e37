/// Where a page of a list ended: opaque to callers, keyset order inside.
///
/// The text is the list's name and its key's integers and words in base 16 of their UTF-8, so that
/// no character needs encoding; a cursor of another list is refused.
struct Cursor: Sendable, Hashable {
  var list: String
  var values: [String]

  /// The text that callers hand back.
  var text: String {
    ([list] + values).joined(separator: "|").utf8.map { byte in
      let digits = Array("0123456789abcdef".utf8)
      return String(
        decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
    }.joined()
  }

  init(list: String, values: [String]) {
    self.list = list
    self.values = values
  }

  /// `nil` for what is not a cursor of `list` with `count` values.
  init?(_ text: String, of list: String, count: Int) {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2), digits.count <= 1024 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
        let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
      else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { return nil }
    // The last may hold the separator.
    let parts = decoded.split(
      separator: "|", maxSplits: count, omittingEmptySubsequences: false
    ).map(String.init)
    guard parts.first == list, parts.count == count + 1 else { return nil }
    self.init(list: list, values: Array(parts.dropFirst()))
  }
}

/// How much of a list is asked for.
struct PageRequest: Sendable {
  /// Items on the page, 1 to 200.
  var limit: Int
  /// Where the page before ended.
  var cursor: Cursor?
  /// Whose cursors they are.
  let listName: String

  static let defaultLimit = 50
  static let maxLimit = 200
  /// Reads `Parameter.page`, whose bounds the responder has judged.
  init(_ request: APIRequest, list: String, cursorValues: Int) throws(Problem) {
    listName = list
    limit = request.query["limit"].flatMap { Int($0) } ?? Self.defaultLimit
    if let text = request.query["cursor"] {
      guard let cursor = Cursor(text, of: list, count: cursorValues) else { throw Self.badCursor }
      self.cursor = cursor
    }
  }

  /// The answer to a cursor that this list never gave.
  static var badCursor: Problem {
    Problem(.invalidQuery, "The cursor is not one of this list; begin again without it.")
  }
}
