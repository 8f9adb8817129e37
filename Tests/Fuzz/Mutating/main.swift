import Wire
import WireFuzzing

// upblit-fuzz [COUNT] [SEED]: mutates valid frames and feeds them to every decoder, and beside each
// 64 of them a mutated condition, pattern or document to every parser, and a mutated message of the DNS
// or file of the host to whatever reads these, and what a server says to whatever listens. It ends after COUNT frames (10 million), or with a crash
// whose seed and number are the last that it printed.
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = arguments.first ?? 10_000_000
let seed = arguments.dropFirst().first ?? 1
let samples = SampleFrames.frames
var generator = SeededGenerator(seed: seed)
for number in 0..<count {
  if number % 1_000_000 == 0 { print("seed \(seed): \(number) frames") }
  decodeEverything(mutate(samples[Int(number) % samples.count], using: &generator))
  if number % 64 == 0 {
    let text = SampleTexts.all[Int(number / 64) % SampleTexts.all.count]
    parseEverything(scramble(text, using: &generator))
    let name = SampleMessages.all[Int(number / 64) % SampleMessages.all.count]
    decodeNames(scramble(name, using: &generator))
    let talk = SampleTalks.all[Int(number / 64) % SampleTalks.all.count]
    hearEverything(scramble(talk, using: &generator))
  }
}
print("\(count) passed, 0 failed")
