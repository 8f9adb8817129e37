import Wire

/// A seeded generator (SplitMix64), so that a failure can be repeated.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}

/// Changes a frame in one to four ways, and mends its length so that the change is looked at.
public func mutate(_ frame: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
  var bytes = scramble(frame, using: &generator)
  if bytes.count >= 8, Int.random(in: 0..<8, using: &generator) > 0 {
    let length = UInt32(bytes.count - 4)
    for index in 0..<4 {
      bytes[index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - index * 8))
    }
    bytes[4] = Frame.version
    if bytes[7] > 1 { bytes[7] &= 1 }
    bytes[6] = 0
  }
  return bytes
}

/// Changes bytes in one to four ways.
public func scramble(_ original: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
  var bytes = original
  for _ in 0..<Int.random(in: 1...4, using: &generator) {
    let position = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
    switch Int.random(in: 0..<7, using: &generator) {
    case 0 where !bytes.isEmpty:
      bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1 where !bytes.isEmpty:
      bytes[position] = [0, 1, 0x7f, 0x80, 0xfe, 0xff].randomElement(using: &generator) ?? 0
    case 2:
      bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: position)
    case 3 where !bytes.isEmpty:
      bytes.remove(at: position)
    case 4:
      bytes.insert(contentsOf: boundaries.randomElement(using: &generator) ?? [], at: position)
    case 5 where !bytes.isEmpty:
      bytes.removeLast(min(bytes.count, Int.random(in: 1...16, using: &generator)))
    default:
      let end = min(bytes.count, position + Int.random(in: 0..<24, using: &generator))
      bytes.insert(contentsOf: bytes[position..<end], at: position)
    }
  }
  return bytes
}

/// Values on the borders of what integers hold, and a pointer of a compressed name.
private let boundaries: [[UInt8]] = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x80, 0x00], [0xc0, 0x0c], [0xff, 0xff, 0x03], [0xed, 0xa0, 0x80], [0xc0, 0x80],
]
