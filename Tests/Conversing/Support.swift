import Conditions
import Dialogue
import Model
import Testing

/// The bytes of a text.
func text(_ text: String) -> [UInt8] { Array(text.utf8) }

/// An expectation of a pattern.
func pattern(_ text: String) throws -> AwaitedText {
  .pattern(try LinearPattern(parsing: text))
}

extension StreamStep {
  static func send(_ text: String) -> StreamStep { .send(Array(text.utf8)) }
  static func expect(_ text: String) -> StreamStep { .expect(.bytes(Array(text.utf8))) }
}

/// Bytes cut in two at each place, and into single bytes.
func everySplit(_ bytes: [UInt8]) -> [[[UInt8]]] {
  (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] } + [bytes.map { [$0] }]
}

/// So many letters a and b in no order.
func noise(_ count: Int) -> [UInt8] {
  var state: UInt32 = 1
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return state >> 30 & 1 == 0 ? 0x61 : 0x62
  }
}
