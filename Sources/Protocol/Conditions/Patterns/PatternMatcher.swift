/// What came of looking for a pattern.
public enum PatternAnswer: Hashable, Sendable {
  case matched
  case absent
  /// The steps allowed were used up before anything could be said.
  case tooCostly
}

/// Looks for a pattern in a text that comes in pieces.
///
/// It follows all ways through the pattern at once, so that a character costs at most a small
/// multiple of the program's size, whatever pattern and text are. Sets of ways that were met before
/// are remembered, and cost a single step; where there are too many of them, it stops remembering.
/// Memory does not depend on the text.
public struct PatternMatcher {
  /// The ways that are open in front of a character.
  private struct State: Hashable {
    /// A bit for each instruction at which a way stands.
    var ways: [UInt64]
    /// What lies behind.
    var before: PatternPosition.Edge
  }

  private static let unknown: Int32 = -1
  private static let matched: Int32 = -2
  /// How often all that is remembered may be forgotten to make room.
  private static let mostTables = 8
  /// What it costs to begin, and to find a state that is not known, in steps.
  private static let beginning = 64
  private static let finding = 8

  private let program: PatternProgram
  private let limit: Int
  private let width: Int
  private let mostStates: Int
  /// Units of work done: a character, or an instruction looked at.
  public private(set) var steps = 0
  private var answer: PatternAnswer?
  private var decoder = ScalarDecoder()
  private var state = 0
  private var states: [State]
  private var indexes: [State: Int32]
  /// For each state and class the next state, or one of the marks above.
  private var transitions: [Int32]
  private var tables = 1
  /// The state that is left and the one that is found, where they are not looked up.
  private var current: State
  private var next: State
  private var visited: [UInt64]
  private var pending: [UInt16] = []

  /// - Parameter steps: how much work may be done in all.
  public init(_ pattern: LinearPattern, steps limit: Int = .max) {
    program = pattern.program
    self.limit = limit
    width = program.endClass + 1
    let words = (program.instructions.count + 63) / 64
    mostStates = max(8, min(512, 65_536 / width, 65_536 / words))
    steps = Self.beginning + width + words
    visited = [UInt64](repeating: 0, count: words)
    current = State(ways: visited, before: .textEnd)
    next = current
    states = [current]
    indexes = [current: 0]
    transitions = [Int32](repeating: Self.unknown, count: width)
    if program.finals.first.map({ $0 & 1 != 0 }) == true { answer = .matched }
  }

  /// Looks at the next piece; `nil` while more of the text could change the answer.
  ///
  /// A match is seen with its last character, unless what follows decides, as with `$` and `\b`.
  public mutating func take(_ piece: UnsafeRawBufferPointer) -> PatternAnswer? {
    for byte in piece {
      if answer != nil { break }
      if byte < 0x80, !decoder.isWithin {
        advance(Int(program.asciiClasses[Int(byte)]))
      } else {
        decode(byte)
      }
    }
    return answer
  }

  /// Says that the text is over.
  public mutating func finish() -> PatternAnswer {
    if answer == nil { advance(broken: decoder.finish()) }
    if answer == nil { advance(program.endClass) }
    if let answer { return answer }
    answer = .absent
    return .absent
  }

  private mutating func decode(_ byte: UInt8) {
    switch decoder.take(byte) {
    case .more: break
    case .scalar(let scalar): advance(program.scalarClass(scalar))
    case .broken(let count, let again):
      advance(broken: count)
      guard again, answer == nil else { return }
      // Nothing is held now, so that this goes no deeper.
      decode(byte)
    }
  }

  private mutating func advance(broken count: Int) {
    for _ in 0..<count where answer == nil {
      advance(program.scalarClass(ScalarDecoder.replacement))
    }
  }

  private mutating func advance(_ scalarClass: Int) {
    steps &+= 1
    if tables <= Self.mostTables {
      let slot = state &* width &+ scalarClass
      let known = transitions[slot]
      if known == Self.matched {
        answer = .matched
      } else if known != Self.unknown {
        state = Int(known)
      } else {
        current = states[state]
        discover(scalarClass, slot)
      }
    } else if follow(scalarClass) {
      answer = .matched
    } else {
      swap(&current, &next)
    }
    if steps > limit, answer == nil { answer = .tooCostly }
  }

  /// Finds what a transition leads to, and remembers it.
  private mutating func discover(_ scalarClass: Int, _ slot: Int) {
    if follow(scalarClass) {
      transitions[slot] = Self.matched
      answer = .matched
    } else if let index = indexes[next] {
      transitions[slot] = index
      state = Int(index)
    } else if states.count < mostStates {
      transitions[slot] = Int32(states.count)
      add(next)
    } else {
      states.removeAll(keepingCapacity: true)
      indexes.removeAll(keepingCapacity: true)
      transitions.removeAll(keepingCapacity: true)
      tables += 1
      if tables <= Self.mostTables { add(next) } else { swap(&current, &next) }
    }
  }

  private mutating func add(_ found: State) {
    state = states.count
    states.append(found)
    indexes[found] = Int32(state)
    transitions.append(contentsOf: repeatElement(Self.unknown, count: width))
  }

  /// Finds the state behind a character of a class; true where the pattern matches in front of or
  /// behind it.
  private mutating func follow(_ scalarClass: Int) -> Bool {
    let isEnd = scalarClass == program.endClass
    let scalar = isEnd ? 0 : program.firsts[scalarClass]
    next.before = isEnd ? .textEnd : program.edges[scalarClass]
    for word in visited.indices {
      visited[word] = 0
      next.ways[word] = 0
    }
    steps &+= Self.finding &+ visited.count
    pending.removeAll(keepingCapacity: true)
    // A match may begin at every character.
    visit(0)
    for index in visited.indices {
      var rest = current.ways[index]
      while rest != 0 {
        visit(UInt16(index &* 64 &+ rest.trailingZeroBitCount))
        rest &= rest &- 1
      }
    }
    while let index = pending.popLast() {
      steps &+= 1
      switch program.instructions[Int(index)] {
      case .match: return true
      case .jump(let target): visit(target)
      case .split(let first, let second):
        visit(first)
        visit(second)
      case .position(let position):
        if position.holds(between: current.before, and: next.before) { visit(index &+ 1) }
      case .scalars(let set):
        guard !isEnd, program.sets[Int(set)].contains(scalar) else { continue }
        let place = Int(index) &+ 1
        let bit: UInt64 = 1 << UInt64(place % 64)
        if program.finals[place / 64] & bit != 0 { return true }
        next.ways[place / 64] |= bit
      }
    }
    return false
  }

  private mutating func visit(_ index: UInt16) {
    let bit: UInt64 = 1 << UInt64(index % 64)
    guard visited[Int(index / 64)] & bit == 0 else { return }
    visited[Int(index / 64)] |= bit
    pending.append(index)
  }
}
