import Foundation
import Testing
import Wire
import WireFuzzing

@Suite struct FuzzTests {
  /// Mutated frames in all; `UPBLIT_FUZZ_FRAMES` asks for more.
  private static let frames =
    ProcessInfo.processInfo.environment["UPBLIT_FUZZ_FRAMES"].flatMap { Int($0) } ?? 100_000

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `no mutated frame traps a decoder`(seed: UInt64) {
    let samples = SampleFrames.frames
    var generator = SeededGenerator(seed: seed)
    for number in 0..<Self.frames / 4 {
      decodeEverything(mutate(samples[number % samples.count], using: &generator))
    }
  }

  @Test func `no random bytes trap a decoder`() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<200, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      decodeEverything(bytes)
      for type in FrameType.allCases { bytes.withUnsafeBytes { decode(type, $0) } }
    }
  }
}
