import Conditions

/// Feeds bytes to every parser of conditions, as the text of one and as what a target said. It must
/// return, whatever they are: a trap is a bug.
public func parseEverything(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  var facts = ConditionFacts(kind: .http)
  facts.body = bytes
  facts.headers = [.init(name: "x", value: text)]
  facts.finalURL = text
  facts.tlsVersion = text
  for condition in probing { judge(condition, facts) }
  if let condition = try? Condition(parsing: text) {
    let again = try? Condition(parsing: condition.description)
    precondition(again == condition, "\(condition) does not survive a round trip")
    facts.body = document
    judge(condition, facts)
  }
  if let pattern = try? LinearPattern(parsing: text) {
    for input in [bytes, document] {
      input.withUnsafeBytes { view in
        var steps = 20_000
        _ = pattern.search(view, steps: &steps)
      }
    }
  }
}

private func judge(_ condition: Condition, _ facts: ConditionFacts) {
  var steps = 50_000
  switch condition.evaluate(facts, steps: &steps) {
  case .met: break
  case .unmet(let finding), .undecided(let finding):
    precondition(
      finding.explanation.utf8.count <= ConditionOutcome.Finding.longestText,
      "\(condition) explains itself at length")
  }
}

private let document = Array(#"{"a":[{"b":"x\u00e9","c":1.5e3}],"k k":null}"#.utf8)

/// Conditions that look into a body, a header and more in every way.
private let probing = [
  "[BODY].a[0].b == x", "len([BODY]) > 3", "has([BODY].a[*].b) == true", "[BODY] < 3",
  "[BODY].a[*] == regex(^(a|b)*c)", "[BODY] == pat(*a?[b-d]*)", "[BODY] == regex(a.*b$)",
  "[HEADERS].x > [BODY].c", "[FINAL_URL] == any(a, 1)", "[TLS_VERSION] >= 1.2",
].compactMap { try? Condition(parsing: $0) }

/// Texts from which fuzzing of the parsers begins.
public enum SampleTexts {
  public static let conditions = [
    "[STATUS] == any(200, 0x12, 1e3)", "degraded: [RESPONSE_TIME] < 1h30m",
    "14d < [CERTIFICATE].chain_expiration",
    #"[BODY].a[0]["k \u00e9"].c != "x\ny""#, "len([BODY].a[*].b) >= 3",
    "has([BODY].errors) == false",
    #"[BODY] == regex((?i)^a(b|[c-e\d]{2,3})*?\x{e9}$)"#, "[BODY] == pat(*a?[^b-d]\\**)",
    "[HEADERS].content-type[*] == pat(text/*)", "[DNS_RCODE] == NXDOMAIN",
    "[TLS_VERSION] >= TLSv1.2",
    "[BODY].a == len([BODY].b)", "[DNS_ANSWERS] == 192.0.2.1",
  ]

  public static let patterns = [
    #"(?i)^a(b|[c-e\d]{2,3})*?\x{e9}$"#, #"(?P<n>[[:alpha:]_]+)(?:\bx|\By|\Q.*\E)+"#,
    "(?sm:^.{0,9}$)|((a*)*)*",
  ]

  public static let documents = [
    #"{"a":[{"b":"x\ud83d\ude00","c":-1.5e3},true,null],"k \u00e9":{}}"#, "[[[[1]]],\"\\\"\"]",
    "12345678901234567890.5e-3", "\u{feff}{\"a\":{\"a\":{\"a\":0}}}",
  ]

  public static let all = (conditions + patterns + documents).map { Array($0.utf8) }
}
