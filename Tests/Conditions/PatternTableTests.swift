import Conditions
import Testing

/// Whether patterns are found, as Python's `re` answers with its ASCII flag. What RE2 and Python
/// read differently is left out: a `$` in front of a last newline, and `{,2}`.
@Suite struct `A pattern` {
  struct Row: Sendable, CustomTestStringConvertible {
    var pattern: String
    var yes: [String]
    var no: [String]

    init(_ pattern: String, yes: [String], no: [String]) {
      self.pattern = pattern
      self.yes = yes
      self.no = no
    }

    var testDescription: String { pattern }
  }

  static let rows: [Row] = [
    Row("abc", yes: ["abc", "xabcx"], no: ["ab", "ABC", "a\nbc", ""]),
    Row("", yes: ["", "a"], no: []),
    Row("a|b", yes: ["a", "b", "xb"], no: ["c"]),
    Row("a|", yes: ["", "b"], no: []),
    Row("^(a|)$", yes: ["", "a"], no: ["b", "aa"]),
    Row("ab|cd|ef", yes: ["xxcd", "ef"], no: ["e", "ac"]),
    Row("(ab|a)(bc|c)", yes: ["abc", "ac", "abbc", "abcc"], no: ["bc"]),
    Row("^(ab|a)(bc|c)$", yes: ["abc", "ac", "abbc"], no: ["abcc", "abbcc"]),
    Row("a*", yes: ["", "b", "aaa"], no: []),
    Row("^a*$", yes: ["", "aaa"], no: ["b", "aab"]),
    Row("^a+$", yes: ["a", "aaa"], no: ["", "aab"]),
    Row("^a?$", yes: ["", "a"], no: ["aa"]),
    Row("^a*?b$", yes: ["b", "aab"], no: ["a", "ba"]),
    Row("^a+?$", yes: ["a", "aa"], no: [""]),
    Row("^a??$", yes: ["", "a"], no: ["aa"]),
    Row("^a{3}$", yes: ["aaa"], no: ["aa", "aaaa"]),
    Row("^a{2,}$", yes: ["aa", "aaaaa"], no: ["a"]),
    Row("^a{2,4}$", yes: ["aa", "aaaa"], no: ["a", "aaaaa"]),
    Row("^a{0}$", yes: [""], no: ["a"]),
    Row("^a{0,1}$", yes: ["", "a"], no: ["aa"]),
    Row("^(ab){2,3}$", yes: ["abab", "ababab"], no: ["ab", "abababab"]),
    Row("^(a{2}){2}$", yes: ["aaaa"], no: ["aaa", "aaaaa"]),
    Row("^(a*){3}$", yes: ["", "a", "aaaaaaa"], no: ["b"]),
    Row("^(a|b?)*$", yes: ["", "ab", "aabb"], no: ["c"]),
    Row("^(a*)*b$", yes: ["b", "aaab"], no: ["aaa", "aac"]),
    Row("^(a*)+$", yes: ["", "aa"], no: ["ab"]),
    Row("^(a+)+b$", yes: ["ab", "aab"], no: ["b", "aaa"]),
    Row("^(a|aa)+$", yes: ["a", "aaa"], no: ["", "ab"]),
    Row("^(|a)+$", yes: ["", "aaa"], no: ["b"]),
    Row("^((a|b)*c){2}$", yes: ["cc", "abcbac"], no: ["abc", "ccc"]),
    Row("a.c", yes: ["abc", "aéc", "a😀c", "a\rc"], no: ["a\nc", "ac"]),
    Row("(?s)a.c", yes: ["abc", "a\nc"], no: ["ac"]),
    Row("(?s:a.)c", yes: ["a\nc", "abc"], no: []),
    Row("a(?s:.)b.c", yes: ["a\nbxc"], no: ["a\nb\nc"]),
    Row(".", yes: ["x", "é"], no: ["", "\n"]),
    Row("^.$", yes: ["é", "日", "😀", "a"], no: ["ab"]),
    Row("^..$", yes: ["éa", "日本", "😀😀"], no: ["é", "a"]),
    Row("^.{3}$", yes: ["日本語", "abc", "ééé"], no: ["éé"]),
    Row("[abc]", yes: ["a", "xcx"], no: ["d", ""]),
    Row("[^abc]", yes: ["d", "abcd", "\n"], no: ["a", "abc"]),
    Row("^[a-c]+$", yes: ["abc"], no: ["abd", "-", ""]),
    Row(#"^[a\-c]+$"#, yes: ["a-c"], no: ["b"]),
    Row("^[-a]+$", yes: ["a-"], no: ["b"]),
    Row("^[a-]+$", yes: ["a-"], no: ["b"]),
    Row("^[]a]+$", yes: ["]a"], no: ["b"]),
    Row("^[^]a]+$", yes: ["b"], no: ["]", "a"]),
    Row(#"^[\]\[]+$"#, yes: ["[]"], no: ["a"]),
    Row(
      #"^[a-z0-9_.+-]+@[a-z0-9-]+\.[a-z.]+$"#, yes: ["a.b+c@example.org"],
      no: ["a@b", "@b.c", "a b@c.d"]),
    Row("^[é-ü]$", yes: ["é", "ö", "ü"], no: ["a", "ý"]),
    Row("^[^é]$", yes: ["e", "日", "\n"], no: ["é"]),
    Row("^[日本]+$", yes: ["日本", "日"], no: ["語"]),
    Row(#"[\x41-\x43]"#, yes: ["A", "B"], no: ["D"]),
    Row(#"\x41\x7a"#, yes: ["Az"], no: ["AZ"]),
    Row(#"^[\w.]+$"#, yes: ["a.b_1"], no: ["a b", "é"]),
    Row(#"^[\d\s]+$"#, yes: ["1 2\n3"], no: ["a"]),
    Row(#"^[^\d]+$"#, yes: ["abc"], no: ["a1"]),
    Row(#"^[\D]+$"#, yes: ["abc"], no: ["a1"]),
    Row(#"^[\W\d]+$"#, yes: ["1 -"], no: ["a"]),
    Row(#"\d+"#, yes: ["a1"], no: ["abc", "٣"]),
    Row(#"^\D+$"#, yes: ["abc", "٣"], no: ["1"]),
    Row(#"^\w+$"#, yes: ["ab_9"], no: ["a-b", "é", ""]),
    Row(#"^\W+$"#, yes: ["- !", "é"], no: ["a"]),
    Row(#"^\s+$"#, yes: [" \t\n\r\u{c}"], no: ["a", " a", "\u{a0}"]),
    Row(#"^\S+$"#, yes: ["abc", "é"], no: ["a b"]),
    Row(
      #"\bfoo\b"#, yes: ["foo", "a foo b", "foo-", "éfoo", "foo\n"], no: ["foobar", "foo_", "xfoo"]),
    Row(#"\Bfoo"#, yes: ["xfoo", "foofoo"], no: ["foo", " foo"]),
    Row(#"foo\B"#, yes: ["foox"], no: ["foo", "foo "]),
    Row(#"^\b$"#, yes: [], no: ["", "a"]),
    Row(#"\b"#, yes: ["a"], no: ["", " "]),
    Row(#"^\B$"#, yes: [], no: ["a", " a"]),
    Row(#"a\b."#, yes: ["a "], no: ["ab", "a"]),
    Row(#"\ba.?\b"#, yes: ["a", "ab"], no: ["xab"]),
    Row("^abc", yes: ["abc"], no: ["xabc", "x\nabc"]),
    Row("abc$", yes: ["abc"], no: ["abcx", "abc\nx"]),
    Row("(?m)^abc$", yes: ["x\nabc\ny", "abc"], no: ["xabc", "abc\r\n"]),
    Row("(?m)^$", yes: ["", "a\n\nb", "a\n"], no: ["a"]),
    Row("(?m)^b", yes: ["a\nb", "b"], no: ["ab"]),
    Row("(?m)a$", yes: ["a\nb", "a"], no: ["ab"]),
    Row(#"\Aabc"#, yes: ["abc"], no: ["x\nabc"]),
    Row(#"(?m)\Ab"#, yes: ["b"], no: ["a\nb"]),
    Row("a^b", yes: [], no: ["ab", "a\nb"]),
    Row("a$b", yes: [], no: ["ab", "a\nb"]),
    Row(#"(?m)a$\n^b"#, yes: ["a\nb"], no: ["ab"]),
    Row("(^a|b)c", yes: ["ac", "xbc"], no: ["xac"]),
    Row("(a|^)b", yes: ["b", "ab", "xab"], no: ["xb"]),
    Row("a(b|$)", yes: ["a", "ab"], no: ["ac"]),
    Row("(^|,)x(,|$)", yes: ["x", "a,x", "a,x,b"], no: ["ax", "xa"]),
    Row("x*^y", yes: ["y"], no: ["xy"]),
    Row("(?i)abc", yes: ["ABC", "aBc"], no: ["abd"]),
    Row("(?i:a)b", yes: ["Ab", "ab"], no: ["AB"]),
    Row("a(?i:b)c", yes: ["aBc"], no: ["ABC", "abC"]),
    Row("(?i)[a-c]+z", yes: ["ABCZ", "cz"], no: ["dz"]),
    Row("(?i)^[^a-c]$", yes: ["d", "D"], no: ["A", "b"]),
    Row(#"(?i)[x]\d"#, yes: ["X1", "x2"], no: ["y1"]),
    Row("(?is)a.b", yes: ["A\nB"], no: ["ab"]),
    Row("(?im)^b$", yes: ["a\nB\nc"], no: ["ab"]),
    Row("(?:ab)+", yes: ["abab"], no: ["ba", "a"]),
    Row("(?P<name>ab)c", yes: ["abc"], no: ["ab"]),
    Row(#"a\.b"#, yes: ["a.b"], no: ["axb"]),
    Row(#"\(\)\[\]\{\}\*\+\?\|\^\$\\\/"#, yes: ["()[]{}*+?|^$\\/"], no: ["()"]),
    Row(#"a\tb\nc\rd\fe\vf"#, yes: ["a\tb\nc\rd\u{c}e\u{b}f"], no: ["atb"]),
    Row(#"\a"#, yes: ["\u{7}"], no: ["a"]),
    Row("a{x}|a{2", yes: ["a{x}", "a{2"], no: ["b{"]),
    Row(
      "^a{1000}$", yes: [String(repeating: "a", count: 1000)],
      no: [String(repeating: "a", count: 999), String(repeating: "a", count: 1001)]),
    Row(
      "^(a?){20}a{20}$", yes: ["aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
      no: ["aaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]),
    Row("(x+x+)+y", yes: ["xxxxxxxxxxy"], no: ["xxxxxxxxxx", "xy"]),
    Row("(a|a)*b", yes: ["aaab"], no: ["aaa"]),
    Row("^(([a-z])+.)+[A-Z]([a-z])+$", yes: ["abc.Def"], no: ["aaaaaaaaa", "a.B"]),
    Row(#"^\d{3}-\d{4}$"#, yes: ["555-1234"], no: ["5555-123", "555-12345"]),
    Row(
      #"^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$"#, yes: ["192.0.2.255"],
      no: ["256.1.1.1", "1.2.3"]),
    Row(
      #""status"\s*:\s*"(ok|up)""#, yes: ["{\"status\": \"ok\"}", "{\"status\"\n:\n\"up\"}"],
      no: ["{\"status\":\"down\"}"]),
    Row(
      "<title>[^<]*Welcome[^<]*</title>", yes: ["<title>Welcome!</title>"],
      no: ["<title></title>Welcome", "<title>Be Welcome"]),
    Row(
      #"^HTTP/1\.[01] 2\d\d "#, yes: ["HTTP/1.1 200 OK"], no: ["HTTP/1.1 302 Found", "HTTP/2 200"]),
    Row("^220[ -].*ESMTP", yes: ["220 mail ESMTP ready"], no: ["221 ESMTP", "220-x\nESMTP"]),
    Row("error|fatal|panic", yes: ["a fatal one"], no: ["all fine", "ERROR"]),
    Row("日本|中国", yes: ["日本語", "中国"], no: ["中文"]),
    Row("😀+$", yes: ["a😀😀"], no: ["😀a"]),
    Row("é", yes: ["é"], no: ["e\u{301}", "É"]),
  ]

  @Test(arguments: rows)
  func `is found where Python's re finds it`(_ row: Row) throws {
    let pattern = try LinearPattern(parsing: row.pattern)
    for text in row.yes { #expect(pattern.matches(text), "in \(text.debugDescription)") }
    for text in row.no { #expect(!pattern.matches(text), "in \(text.debugDescription)") }
  }

  /// What RE2 has and Python does not, or has otherwise.
  static let others: [Row] = [
    Row("a$", yes: ["a"], no: ["a\n"]),
    Row(#"a\z"#, yes: ["ba"], no: ["a\n"]),
    Row(#"(?m)a\z"#, yes: ["a"], no: ["a\nb"]),
    Row(#"^\Qa.b*\Ec$"#, yes: ["a.b*c"], no: ["axbbc"]),
    Row(#"^\Qab\E+$"#, yes: ["ab", "abb"], no: ["abab"]),
    Row(#"^\Qa|b)"#, yes: ["a|b)"], no: ["a", "b)"]),
    Row(#"^a\Q\Eb$"#, yes: ["ab"], no: ["a"]),
    Row("^[[:alpha:]]+$", yes: ["abC"], no: ["a1", "é", ""]),
    Row("^[[:^alpha:]]+$", yes: ["12 é"], no: ["a"]),
    Row("^[[:digit:]a-c_[:space:]]+$", yes: ["1 a_\u{0b}"], no: ["d"]),
    Row("(?i)^[[:upper:]]+$", yes: ["abC"], no: ["1"]),
    Row("^[^[:punct:][:cntrl:]]+$", yes: ["ab 1"], no: ["a!", "a\u{01}"]),
    Row("^[[:xdigit:]]{2}$", yes: ["fF"], no: ["fg"]),
    Row(#"^\x{1F600}\x{e9}$"#, yes: ["😀é"], no: ["😀e"]),
    Row(#"^[\x{400}-\x{4ff}]+$"#, yes: ["привет"], no: ["hello"]),
    Row(#"^\0\07\060$"#, yes: ["\0\u{07}0"], no: ["000"]),
    Row("(?<name>a)(?P<other>b)", yes: ["ab"], no: ["a"]),
    Row("(?i)straße|k|σ", yes: ["STRASSE K", "STRAẞE", "\u{212a}", "Σ", "ς"], no: ["x"]),
    Row("(?i)É", yes: ["é", "É"], no: ["e"]),
    Row("(?i)^[à-ý]$", yes: ["É", "é"], no: ["e"]),
    Row("(?i)a(?-i)b", yes: ["Ab"], no: ["AB"]),
    Row("(?i)a(?:b(?-i)c)D", yes: ["ABcd"], no: ["ABCd"]),
    Row("(?U)^a+$", yes: ["aa"], no: ["b"]),
    Row("a(?i)b|c", yes: ["aB", "C"], no: ["AB"]),
    Row(#"(?i)^[\W]$"#, yes: ["-"], no: ["k", "s"]),
    Row("^[a-c-e]+$", yes: ["b-e"], no: ["d"]),
    Row("^{a}{,2}$", yes: ["{a}{,2}"], no: ["a"]),
    Row(#"^\s$"#, yes: ["\u{0c}"], no: ["\u{0b}"]),
    Row("[^\u{0}-\u{10ffff}]", yes: [], no: ["", "a"]),
  ]

  @Test(arguments: others)
  func `is read as RE2 reads it`(_ row: Row) throws {
    let pattern = try LinearPattern(parsing: row.pattern)
    for text in row.yes { #expect(pattern.matches(text), "in \(text.debugDescription)") }
    for text in row.no { #expect(!pattern.matches(text), "in \(text.debugDescription)") }
  }
}
