import JSON
import Testing

struct JSONParserTests {
  @Test(
    arguments: [
      ("null", JSONValue.null), (" true ", true), ("-0", 0), ("12", 12), ("1.5", .number(1.5)),
      ("1e2", .number(100)), ("9223372036854775807", .integer(.max)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)),
      (#""\u00e9\ud83d\ude00\n""#, .string("é😀\n")), ("[]", []), ("{}", [:]),
      (#"{"b": [1, {"a": null}], "a": ""}"#, ["b": [1, ["a": nil]], "a": ""]),
    ] as [(String, JSONValue)])
  func `a well-formed text is read`(text: String, expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == expected)
  }

  @Test(
    arguments: [
      "", " ", "nul", "tru", "01", "1.", ".5", "1e", "-", "+1", "NaN", "1e999", "[1,]", "[1 2]",
      "[", "]", "{", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", #""\x""#, #"""#,
      #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\u12""#, "\"\n\"", "1 2", "'a'", "// a",
      "\u{feff}1",
    ])
  func `a malformed text is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
  }

  @Test func `a field written twice is named by its pointer`() {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: #"{"check":[{"a/b":1,"a/b":2}]}"#)
    }
    #expect(error?.pointer == "/check/0/a~1b")
    #expect(error?.reason == "the field occurs twice")
  }

  @Test func `nesting is bounded, before the stack is`() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    let fits = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    #expect(try JSONValue(parsing: fits).elements.count == 1)
  }

  @Test func `what is written is read back`() throws {
    let value: JSONValue = [
      "text": "a\"\\\u{1}\u{7f}é😀\r\n\t", "numbers": [0, -1, .number(0.25)], "none": nil,
      "nested": ["yes": true, "empty": [], "object": [:]],
    ]
    #expect(try JSONValue(parsing: value.text) == value)
    #expect(try JSONValue(parsing: value.indentedText) == value)
  }

  @Test func `every truncation and every changed byte of a document is judged without a trap`() {
    let text = Array(#"{"a":[1,2.5e3,"\u00e9\\"],"b":{"c":null,"d":true}}"#.utf8)
    for index in text.indices {
      _ = try? JSONValue(parsing: text.prefix(index))
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        _ = try? JSONValue(parsing: changed)
      }
    }
  }
}

struct ObjectReaderTests {
  @Test(
    arguments: [
      ("60", 60), ("60.0", 60), ("6e1", 60), ("60.5", nil), ("1e300", nil), ("\"60\"", nil),
      ("101", nil), ("1.01e2", nil),
    ] as [(String, Int?)])
  func `a whole number may be written with a fraction of nothing`(
    text: String, expected: Int?
  ) throws {
    var reader = ObjectReader(try JSONValue(parsing: "{\"a\":\(text)}"))
    #expect(reader.integer("a", in: 0...100) == expected)
    #expect(reader.errors.errors.isEmpty == (expected != nil))
  }

  @Test func `every mistake is named with its pointer, unknown fields included`() throws {
    var reader = ObjectReader(
      try JSONValue(parsing: #"{"name":5,"count":99,"extra":1,"inner":{"x":true,"y":2}}"#))
    _ = reader.string("name", bytes: 1...10)
    _ = reader.integer("count", in: 1...10)
    reader.require("absent")
    _ = reader.object("inner") { $0.bool("x") }
    let errors = #expect(throws: FieldErrors.self) { try reader.finish() }
    #expect(
      errors?.errors.map(\.pointer) == ["/name", "/count", "/absent", "/inner/y", "/extra"])
    #expect(errors?.errors[1].detail == "is 99; it must be from 1 to 10")
  }
}
