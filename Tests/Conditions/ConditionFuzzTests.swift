import Conditions
import Testing
import WireFuzzing

@Suite struct `Texts and bodies that nobody vouches for` {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `never trap a parser or an evaluation`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for number in 0..<1_200 {
      let sample = SampleTexts.all[number % SampleTexts.all.count]
      parseEverything(scramble(sample, using: &generator))
    }
  }

  @Test func `never trap where they are wholly random`() {
    var generator = SeededGenerator(seed: 9)
    let alphabet = Array("[]{}()*+?|^$.\\\"':,<>=!-0123456789aeEn \n\u{e9}STAUBODY".utf8)
    for number in 0..<2_000 {
      let count = Int.random(in: 0..<80, using: &generator)
      parseEverything(
        (0..<count).map { _ in
          number % 2 == 0
            ? UInt8.random(in: .min ... .max, using: &generator)
            : alphabet.randomElement(using: &generator) ?? 0
        })
    }
  }

  @Test func `survive parsing as samples`() throws {
    // Samples that mean nothing would be a poor place to begin.
    let texts = SampleTexts.conditions
    for text in texts { _ = try Condition(parsing: text) }
    for text in SampleTexts.patterns { _ = try LinearPattern(parsing: text) }
  }
}
