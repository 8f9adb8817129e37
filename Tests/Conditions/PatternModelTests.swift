import Conditions
import Testing
import WireFuzzing

/// A pattern as a tree, and the obvious way to look for it: to try everything.
private indirect enum Tree {
  case scalar(Unicode.Scalar)
  case any
  case set([Unicode.Scalar], isInverted: Bool)
  case textStart, textEnd, lineStart, lineEnd, wordEdge, noWordEdge
  case sequence([Tree])
  case choice([Tree])
  case repetition(Tree, least: Int, most: Int?, isLazy: Bool)

  var text: String {
    switch self {
    case .scalar(let scalar): scalar == "-" ? "\\-" : String(scalar)
    case .any: "."
    case .set(let scalars, let isInverted):
      "[\(isInverted ? "^" : "")\(scalars.map { $0 == "-" ? "\\-" : String($0) }.joined())]"
    case .textStart: "^"
    case .textEnd: "$"
    case .lineStart: "(?m:^)"
    case .lineEnd: "(?m:$)"
    case .wordEdge: "\\b"
    case .noWordEdge: "\\B"
    case .sequence(let trees): trees.map { "(?:\($0.text))" }.joined()
    case .choice(let trees): "(\(trees.map(\.text).joined(separator: "|")))"
    case .repetition(let tree, let least, let most, let isLazy):
      "(?:\(tree.text)){\(least),\(most.map(String.init) ?? "")}\(isLazy ? "?" : "")"
    }
  }

  static func random(_ depth: Int, _ generator: inout SeededGenerator) -> Tree {
    func some() -> [Tree] {
      (0..<Int.random(in: 0...3, using: &generator)).map { _ in random(depth - 1, &generator) }
    }
    let letters: [Unicode.Scalar] = ["a", "b", "é", "\n", "-"]
    func letter() -> Unicode.Scalar { letters.randomElement(using: &generator) ?? "a" }
    switch Int.random(in: 0..<(depth > 0 ? 16 : 10), using: &generator) {
    case 0..<3: return .scalar(letter())
    case 3: return .any
    case 4: return .set([letter(), letter()], isInverted: Bool.random(using: &generator))
    case 5: return Bool.random(using: &generator) ? .textStart : .lineStart
    case 6: return Bool.random(using: &generator) ? .textEnd : .lineEnd
    case 7: return .wordEdge
    case 8: return .noWordEdge
    case 10, 11: return .choice([random(depth - 1, &generator)] + some())
    case 12..<14:
      let least = Int.random(in: 0...2, using: &generator)
      return .repetition(
        random(depth - 1, &generator), least: least,
        most: Bool.random(using: &generator)
          ? nil : least + Int.random(in: 0...2, using: &generator),
        isLazy: Bool.random(using: &generator))
    default: return .sequence(some())
    }
  }
}

private struct Backtracker {
  let text: [Unicode.Scalar]
  var calls = 0

  mutating func finds(_ tree: Tree) -> Bool {
    for start in 0...text.count
    where match(tree, start, { _, _ in true }) { return true }
    return false
  }

  private typealias Rest = (inout Backtracker, Int) -> Bool

  private func isWord(_ position: Int) -> Bool {
    text.indices.contains(position) && (text[position] == "a" || text[position] == "b")
  }

  private mutating func match(_ tree: Tree, _ at: Int, _ rest: Rest) -> Bool {
    calls += 1
    guard calls < 300_000 else { return false }
    switch tree {
    case .scalar(let scalar): return at < text.count && text[at] == scalar && rest(&self, at + 1)
    case .any: return at < text.count && text[at] != "\n" && rest(&self, at + 1)
    case .set(let scalars, let isInverted):
      return at < text.count && scalars.contains(text[at]) != isInverted && rest(&self, at + 1)
    case .textStart: return at == 0 && rest(&self, at)
    case .textEnd: return at == text.count && rest(&self, at)
    case .lineStart: return (at == 0 || text[at - 1] == "\n") && rest(&self, at)
    case .lineEnd: return (at == text.count || text[at] == "\n") && rest(&self, at)
    case .wordEdge: return isWord(at - 1) != isWord(at) && rest(&self, at)
    case .noWordEdge: return isWord(at - 1) == isWord(at) && rest(&self, at)
    case .sequence(let trees): return match(trees[...], at, rest)
    case .choice(let trees):
      for tree in trees where match(tree, at, rest) { return true }
      return false
    case .repetition(let tree, let least, let most, _):
      return match(tree, least, most, at, rest)
    }
  }

  private mutating func match(_ trees: ArraySlice<Tree>, _ at: Int, _ rest: Rest) -> Bool {
    guard let first = trees.first else { return rest(&self, at) }
    return match(first, at) { matcher, next in matcher.match(trees.dropFirst(), next, rest) }
  }

  private mutating func match(
    _ tree: Tree, _ least: Int, _ most: Int?, _ at: Int, _ rest: Rest
  ) -> Bool {
    if least > 0 {
      return match(tree, at) { matcher, next in
        matcher.match(tree, least - 1, most.map { $0 - 1 }, next, rest)
      }
    }
    if rest(&self, at) { return true }
    if most == 0 { return false }
    return match(tree, at) { matcher, next in
      next > at && matcher.match(tree, 0, most.map { $0 - 1 }, next, rest)
    }
  }
}

@Suite struct `Random patterns` {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `are found where trying everything finds them`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var compared = 0
    for _ in 0..<1_500 {
      let tree = Tree.random(3, &generator)
      let pattern = try LinearPattern(parsing: tree.text)
      for _ in 0..<6 {
        let letters: [Unicode.Scalar] = ["a", "b", "é", "\n", "-"]
        let text = (0..<Int.random(in: 0...7, using: &generator)).map { _ in
          letters.randomElement(using: &generator) ?? "a"
        }
        var model = Backtracker(text: text)
        let expected = model.finds(tree)
        guard model.calls < 300_000 else { continue }
        compared += 1
        let string = String(String.UnicodeScalarView(text))
        #expect(
          pattern.matches(string) == expected,
          "seed \(seed): \(tree.text.debugDescription) in \(string.debugDescription)")
      }
    }
    #expect(compared > 8_000)
  }
}
