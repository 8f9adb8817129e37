/// A pattern compiled for simulation: a non-deterministic automaton over characters (Thompson,
/// "Regular Expression Search Algorithm", 1968).
///
/// Characters that no part of the pattern tells apart are one class; so a transition depends on a
/// class, of which there are few.
struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    /// One character of the set with this index; goes on with the next instruction.
    case scalars(UInt16)
    case position(PatternPosition)
    case jump(UInt16)
    /// Goes on in both places.
    case split(UInt16, UInt16)
    case match
  }

  let instructions: [Instruction]
  let sets: [ScalarSet]
  /// The first scalar of each class, sorted; a class reaches to the next.
  let firsts: [UInt32]
  let edges: [PatternPosition.Edge]
  /// The class of each ASCII character.
  let asciiClasses: [UInt16]
  /// A bit for each instruction from which the match is reached whatever follows.
  let finals: [UInt64]

  /// The class that stands for the end of the text: one past the others.
  var endClass: Int { firsts.count }

  init(instructions: [Instruction], sets: [ScalarSet]) {
    self.instructions = instructions
    self.sets = sets
    var firsts: Set<UInt32> = [0]
    for set in sets + [.word, ScalarSet(0x0a)] {
      for range in set.ranges {
        firsts.insert(range.lowerBound)
        if range.upperBound < ScalarSet.last { firsts.insert(range.upperBound + 1) }
      }
    }
    let sorted = firsts.sorted()
    self.firsts = sorted
    edges = sorted.map { $0 == 0x0a ? .newline : ScalarSet.word.contains($0) ? .word : .other }
    asciiClasses = (0..<128).map { UInt16(Self.index(of: $0, in: sorted)) }
    finals = Self.finals(of: instructions)
  }

  private static func finals(of instructions: [Instruction]) -> [UInt64] {
    var isFinal = [Bool](repeating: false, count: instructions.count)
    var isChanging = true
    while isChanging {
      isChanging = false
      // Most ways lead forward, so that few rounds are needed.
      for index in instructions.indices.reversed() where !isFinal[index] {
        isFinal[index] =
          switch instructions[index] {
          case .match: true
          case .jump(let target): isFinal[Int(target)]
          case .split(let first, let second): isFinal[Int(first)] || isFinal[Int(second)]
          case .scalars, .position: false
          }
        if isFinal[index] { isChanging = true }
      }
    }
    var words = [UInt64](repeating: 0, count: (instructions.count + 63) / 64)
    for index in isFinal.indices where isFinal[index] {
      words[index / 64] |= 1 << UInt64(index % 64)
    }
    return words
  }

  func scalarClass(_ scalar: UInt32) -> Int { Self.index(of: scalar, in: firsts) }

  private static func index(of scalar: UInt32, in firsts: [UInt32]) -> Int {
    var low = 0
    var high = firsts.count
    while high &- low > 1 {
      let middle = (low &+ high) / 2
      if firsts[middle] <= scalar { low = middle } else { high = middle }
    }
    return low
  }
}
