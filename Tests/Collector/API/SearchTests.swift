import Testing

@testable import upblit

struct SearchTests {
  private func found(
    _ text: String, _ things: [(String, String)], isWhole: Bool = true
  )
    -> Search.Found
  {
    var search = Search(text)
    let all = things.allSatisfy { search.look(id: $0.0, name: $0.1) }
    return search.found(isWhole: isWhole && all)
  }

  @Test(
    arguments: [
      ("shop", .one("1b4e28ba")), ("2fa1", .one("2fa1c0de")), ("2fa", .none(guess: nil)),
      ("2fa1c0de", .one("2fa1c0de")), ("twin", .many(2)), ("77aa", .many(2)),
      ("1b4e", .one("9999")), ("shpo", .none(guess: "shop")), ("", .none(guess: nil)),
    ] as [(String, Search.Found)])
  func `a name wins over the beginning of an id, and neither may fit twice`(
    text: String, wanted: Search.Found
  ) {
    let things = [
      ("1b4e28ba", "shop"), ("2fa1c0de", ""), ("77aa1", "twin"), ("77aa2", "twin"),
      ("9999", "1b4e"),
    ]
    #expect(found(text, things) == wanted)
  }

  @Test func `a second thing of the name on the last page is noticed`() {
    var things = (0..<6_000).map { ("id\($0)", "m\($0)") }
    things[0].1 = "shop"
    things[5_999].1 = "shop"
    #expect(found("shop", things) == .many(2))
  }

  @Test func `nothing is said of a list that was not looked through`() {
    #expect(found("shop", [("1", "shop")], isWhole: false) == .unknown)
    var search = Search("shop")
    var looked = 0
    while search.look(id: "id\(looked)", name: "") { looked += 1 }
    #expect(looked == Search.most)
  }
}
