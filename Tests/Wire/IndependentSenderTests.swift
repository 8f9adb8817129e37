import Testing
import Wire

@Suite struct `An independent sender` {
  /// Which side sends the tagged frames of each kind in the sender's stream; the rest carry no tag.
  private static let fromCollector: Set<Substring> = [
    "assign_full", "assign_delta", "ack", "nack", "credit", "probe_now", "time_response", "pong",
    "key_rotate", "pins", "go_away", "try_check",
  ]

  @Test func `2,000 frames of each kind mean here what they meant there`() throws {
    let lines = try #require(FrameLines(count: 2000, seed: 1))
    let peer = try Peer()
    var counts: [Substring: Int] = [:]
    while let line = lines.next() {
      let (kind, frame) = (line[0], try #require(bytes(line[1])))
      let sender: FrameType.Sender = Self.fromCollector.contains(kind) ? .collector : .agent
      let words = try peer.words(of: frame, from: sender)
      if !words.elementsEqual(line.dropFirst(2), by: ==) {
        Issue.record("\(kind): \(line[1])\n  said  \(line.dropFirst(2))\n  heard \(words)")
        break
      }
      counts[kind, default: 0] += 1
    }
    #expect(lines.finish() == 0)
    #expect(counts.count == 30)
    #expect(counts.values.allSatisfy { $0 == 2000 })
  }
}
