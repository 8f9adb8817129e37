import Testing

@testable import Conditions

@Suite struct `A path into JSON` {
  /// What is found, as text: several values with commas between, `-` for one that is missing.
  private static func found(_ path: String, _ document: String) throws -> String {
    let bytes = Array(document.utf8)
    let spans = try JSONSearch.values(at: try JSONPath(parsing: path), in: bytes)
    return spans.map { span in
      span.map { String(decoding: bytes[$0.range], as: UTF8.self) } ?? "-"
    }.joined(separator: ", ")
  }

  @Test(arguments: [
    ("", #" {"a": 1} "#, #"{"a": 1}"#),
    (".a", #"{"a": 1}"#, "1"),
    (".a.b[0].c", #"{"a":{"b":[{"c":"x"}]}}"#, #""x""#),
    ("[0].name", #"[{"name":"john"},{}]"#, #""john""#),
    ("[1].name", #"[{"name":"john"},{}]"#, "-"),
    ("[2]", "[1,2]", "-"),
    (".a[1][0]", #"{"a":[[1],[2,3]]}"#, "2"),
    (#"["a.b"]"#, #"{"a":{"b":1},"a.b":2}"#, "2"),
    (#"["a \"b\""].c"#, #"{"a \"b\"":{"c":3}}"#, "3"),
    ("['a b']", #"{"a b":4}"#, "4"),
    (".é", #"{"\u00e9":5}"#, "5"),
    (#"["\u00e9"]"#, #"{"é":6}"#, "6"),
    (#"["\ud83d\ude00"]"#, #"{"😀":7}"#, "7"),
    (".a", #"{"a":1,"a":2}"#, "2"),
    (".a.b", #"{"a":{"b":1},"a":{"c":2}}"#, "-"),
    (".a.b", #"{"a":{"b":1,"b":[3]},"x":9}"#, "[3]"),
    (".a", "[1]", "-"), ("[0]", #"{"a":1}"#, "-"), (".a.b", #"{"a":"b"}"#, "-"),
    (".a", "null", "-"), (".a", #"{"a":null}"#, "null"),
    (".a", #"{"b":{"a":1}}"#, "-"),
    ("[*]", "[1, 2,3 ]", "1, 2, 3"), ("[*]", "[]", ""), ("[*]", "{}", "-"),
    ("[*].a", #"[{"a":1},{},{"a":[2]}]"#, "1, -, [2]"),
    (".x[*].y[*]", #"{"x":[{"y":[1,2]},{"y":[]},{"z":0}]}"#, "1, 2, -"),
    (".x[*]", #"{"x":[1,2],"x":[3]}"#, "3"),
    (".a", "\u{feff}{\"a\": 1}", "1"),
  ])
  func `leads to the value`(_ path: String, _ document: String, _ value: String) throws {
    #expect(try Self.found(path, document) == value)
  }

  @Test(arguments: [
    ("", 0, "the text is empty"), ("  ", 2, "the text is empty"), ("{", 1, "a member's name"),
    ("<html>", 0, "this begins no value"), (#"{"a":1}}"#, 7, "more after the value"),
    (#"{"a":1 "b":2}"#, 7, "a comma or a closing brace"), (#"{"a":1,}"#, 7, "a member's name"),
    ("[1,]", 3, "begins no value"), ("[1 2]", 3, "a comma or a closing bracket"),
    (#"{"a" 1}"#, 5, "a colon"), (#"{"a":01}"#, 6, "a comma"), ("[1.]", 3, "a digit"),
    ("[-]", 2, "a digit"), ("[1e]", 3, "a digit"), ("[tru]", 4, "begins no value"),
    ("[nulls]", 5, "a comma"), (#"["a"#, 3, "ends within a string"),
    (#"["\x"]"#, 3, "this escape"), (#"["\u12g4"]"#, 6, "four hexadecimal"),
    ("[\"a\nb\"]", 3, "a control character"), ("[", 1, "ends where a value"),
    (#"["\"#, 3, "ends within an escape"), ("[.5]", 1, "begins no value"),
  ])
  func `into what is not JSON says where and why`(
    _ document: String, _ offset: Int, _ reason: String
  ) throws {
    for path in ["", ".a", "[0]", "[*]"] {
      let error = #expect(throws: JSONProblem.self) {
        try JSONSearch.values(at: try JSONPath(parsing: path), in: Array(document.utf8))
      }
      #expect(error?.offset == offset, "\(path)")
      #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }
  }

  @Test func `may go through 128 levels and no more`() throws {
    func nested(_ count: Int) -> String {
      String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }
    #expect(try Self.found(".a", nested(128)) == "-")
    #expect(throws: JSONProblem(offset: 128, reason: "nested deeper than 128 levels")) {
      try Self.found(".a", nested(129))
    }
    // Deep garbage costs no stack.
    #expect(throws: JSONProblem.self) {
      try Self.found("[0][0]", String(repeating: "[", count: 1_000_000))
    }
  }

  @Test func `leads to a bounded number of values`() throws {
    let document = "[" + String(repeating: "1,", count: 50_000) + "1]"
    let error = #expect(throws: JSONProblem.self) { try Self.found("[*]", document) }
    #expect(error?.reason == "[*] leads to more than 50000 values")
  }

  @Test(arguments: [
    (#"\ud83d\ude00"#, "😀"), (#"a\ud83d"#, "a\u{fffd}"), (#"\ude00a"#, "\u{fffd}a"),
    (#"\ud83d\ud83d\ude00"#, "\u{fffd}😀"), (#"\ud83d\n"#, "\u{fffd}\n"),
    (#"\ud83dA"#, "\u{fffd}A"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{08}\u{0c}\n\r\t"),
    (#"\u0000"#, "\0"), ("é", "é"),
  ])
  func `unescapes strings`(_ content: String, _ text: String) {
    #expect(JSONText.unescaped(Array(content.utf8)[...]) == Array(text.utf8))
  }

  @Test(arguments: [
    "", ".a", ".a.b[0].c", "[0][1]", #"["a.b"]"#, #"["a \"b\" \\"].c"#, "[*].é", #"["\u202e"]"#,
    #"["\udb40\udc01"]"#, #"[""]"#, #"["it's"]"#, ".$ref/x-y:z@1",
  ])
  func `is printed as it is read`(_ text: String) throws {
    let path = try JSONPath(parsing: text)
    #expect(path.description == text)
    #expect(try JSONPath(parsing: path.description) == path)
  }

  @Test(arguments: [
    ("a", 1, "a path such as"), (".", 2, "a key is expected"), ("..a", 2, "a key"),
    (".a b", 3, "a path such as"), ("[", 2, "an index"), ("[a]", 2, "an index"),
    ("[-1]", 2, "an index"), ("[1000000000]", 2, "an index"), ("[1", 3, "the closing ]"),
    (#"["a]"#, 2, "the key's closing"), (#"["\x"]"#, 2, "an escape that JSON"),
    ("[*", 3, "the closing ]"), (String(repeating: "[0]", count: 33), 97, "at most 32 steps"),
  ])
  func `is refused with the column`(_ text: String, _ column: Int, _ words: String) {
    let error = #expect(throws: ConditionError.self) { try JSONPath(parsing: text) }
    #expect(error?.column == column)
    #expect(error?.sentence.contains(words) == true, "\(String(describing: error))")
  }
}
