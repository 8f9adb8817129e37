import Conditions
import Testing

@Suite struct `A text that is no pattern` {
  static let refused: [(String, Int, String)] = [
    ("a(", 2, "this group lacks its closing )"),
    ("(a|b", 1, "closing )"),
    ("a)b", 2, "closes no group"),
    ("ab[c", 3, "this class lacks its closing ]"),
    ("[]", 1, "closing ]"),
    ("[z-a]", 2, "ends before it begins"),
    (#"[a-\d]"#, 2, "a range ends with one character"),
    ("[[:alhpa:]]", 2, "the name of a class"),
    ("*a", 1, "nothing for this * to repeat"),
    ("a|+", 3, "nothing for this + to repeat"),
    ("({2})", 2, "nothing for this { to repeat"),
    ("a**", 3, "can't follow another"),
    ("a+++", 3, "can't follow another"),
    ("a{2}{3}", 5, "can't follow another"),
    ("a{1001}", 2, "counts to 1000 at most"),
    ("a{1,99999999999999999999}", 2, "counts to 1000 at most"),
    ("a{3,2}", 2, "ends before it begins"),
    (#"(a)\1"#, 4, "back-references are not supported"),
    (#"(?P<x>a)\k<x>"#, 9, "back-references"),
    ("(?P<x>a)(?P=x)", 9, "back-references"),
    ("a(?=b)", 2, "look-ahead and look-behind are not supported"),
    ("a(?!b)", 2, "look-ahead"),
    ("é日(?<=b)", 3, "look-behind"),
    ("(?<!b)a", 1, "look-behind"),
    ("(?>a)", 1, "flags out of i, m, s and U"),
    ("(?x)a", 1, "flags out of"),
    ("(?i", 1, "closing )"),
    ("(?<a-b>c)", 1, "a group's name"),
    (#"a\"#, 2, #"a \ ends the pattern"#),
    (#"a\q"#, 2, #"there is no escape \q"#),
    (#"[\b]"#, 2, #"there is no escape \b"#),
    (#"a\Z"#, 2, #"the end of the text is \z"#),
    (#"\pL"#, 1, "a class of ranges"),
    (#"\x4"#, 1, "two hexadecimal digits"),
    (#"\x{110000}"#, 1, "no character of that number"),
    (#"\x{d800}"#, 1, "no character of that number"),
    ("((a{1000}){1000}){1000}", 1, "more than 10000 instructions"),
    (String(repeating: "(", count: 101), 101, "nested deeper than 100"),
    (String(repeating: "a", count: 4_097), 1, "at most 4096 bytes"),
  ]

  @Test(arguments: refused)
  func `is refused with the column and one sentence`(
    _ text: String, _ column: Int, _ words: String
  ) {
    let error = #expect(throws: PatternError.self) { try LinearPattern(parsing: text) }
    #expect(error?.column == column)
    #expect(error?.sentence.contains(words) == true, "\(String(describing: error))")
  }

  @Test func `of nothing repeated is as small as nothing`() throws {
    let pattern = try LinearPattern(parsing: "(((){1000}){1000}){1000}")
    #expect(pattern.matches(""))
  }
}
