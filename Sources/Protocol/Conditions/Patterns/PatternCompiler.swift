/// Makes a program of a pattern's tree, of bounded size.
struct PatternCompiler {
  static let mostInstructions = 10_000

  private var instructions: [PatternProgram.Instruction] = []
  private var sets: [ScalarSet] = []
  private var indexes: [ScalarSet: UInt16] = [:]

  static func program(of node: PatternNode) throws(PatternError) -> PatternProgram {
    var compiler = PatternCompiler()
    try compiler.emit(node)
    try compiler.add(.match)
    return PatternProgram(instructions: compiler.instructions, sets: compiler.sets)
  }

  private mutating func emit(_ node: PatternNode) throws(PatternError) {
    switch node {
    case .empty: break
    case .scalars(let set): try add(.scalars(index(of: set)))
    case .position(let position): try add(.position(position))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .choice(let options): try emit(choice: options)
    case .repetition(let node, let least, let most):
      for _ in 0..<least {
        let start = instructions.count
        try emit(node)
        // Nothing, however often, is nothing.
        if instructions.count == start { return }
      }
      guard let most else { return try emit(endless: node) }
      var exits: [Int] = []
      for _ in least..<most {
        exits.append(try add(.jump(0)))
        try emit(node)
      }
      for exit in exits { instructions[exit] = .split(UInt16(exit + 1), here) }
    }
  }

  private mutating func emit(choice options: [PatternNode]) throws(PatternError) {
    var exits: [Int] = []
    for option in options.dropLast() {
      let fork = try add(.jump(0))
      try emit(option)
      exits.append(try add(.jump(0)))
      instructions[fork] = .split(UInt16(fork + 1), here)
    }
    if let last = options.last { try emit(last) }
    for exit in exits { instructions[exit] = .jump(here) }
  }

  private mutating func emit(endless node: PatternNode) throws(PatternError) {
    let fork = try add(.jump(0))
    try emit(node)
    try add(.jump(UInt16(fork)))
    instructions[fork] = .split(UInt16(fork + 1), here)
  }

  private var here: UInt16 { UInt16(instructions.count) }

  @discardableResult
  private mutating func add(
    _ instruction: PatternProgram.Instruction
  ) throws(PatternError) -> Int {
    guard instructions.count < Self.mostInstructions else {
      throw PatternError(
        column: 1,
        "the pattern is too large: it takes more than \(Self.mostInstructions) instructions when its "
          + "repetitions are written out")
    }
    instructions.append(instruction)
    return instructions.count - 1
  }

  private mutating func index(of set: ScalarSet) -> UInt16 {
    if let index = indexes[set] { return index }
    let index = UInt16(sets.count)
    sets.append(set)
    indexes[set] = index
    return index
  }
}
