import Quorum

/// Something that is going to happen in a world.
struct Happening {
  enum What: UInt8 {
    // In the order in which they happen at the same moment.
    case scheduled
    case asked
    case canariesWanted
    case overdue
    case canariesDone
    case disconnected
    case heard
    case result
    case trustTick
    case silenceEdge
    case edit
    case late
    case wake
  }

  var at: Int64
  var what: What
  var target: Int32 = -1
  var agent: Int16 = -1
  var kind: VoteKind = .up
  var isLimited = false
  /// When the probe, or the set of canaries, began.
  var started: Int64 = 0
  /// When the probe ended.
  var ended: Int64 = 0
  var epoch: Int32 = 0
  /// Which plan it belongs to; a later one makes it void.
  var generation: Int32 = 0
  /// The question; 0 where there is none.
  var episode: Int32 = 0
  var round: Int32 = 0

  var id: RoundID? { episode == 0 ? nil : RoundID(episode: episode, round: round) }

  /// Before `other`: by time, and at the same time by what it is, never by when it was thought of,
  /// so that skipping quiet stretches changes no order.
  @inline(__always)
  func precedes(_ other: Happening) -> Bool {
    if at != other.at { return at < other.at }
    if what != other.what { return what.rawValue < other.what.rawValue }
    if target != other.target { return target < other.target }
    if agent != other.agent { return agent < other.agent }
    if started != other.started { return started < other.started }
    if episode != other.episode { return episode < other.episode }
    return round < other.round
  }
}

/// What is going to happen, soonest first: a binary heap.
struct EventQueue {
  private var heap: [Happening] = []

  var isEmpty: Bool { heap.isEmpty }

  mutating func add(_ happening: Happening) {
    heap.append(happening)
    heap.withUnsafeMutableBufferPointer { heap in
      var index = heap.count - 1
      while index > 0 {
        let parent = (index - 1) / 2
        guard happening.precedes(heap[parent]) else { break }
        heap[index] = heap[parent]
        index = parent
      }
      heap[index] = happening
    }
  }

  mutating func next() -> Happening? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap.withUnsafeMutableBufferPointer { heap in
      var index = 0
      while true {
        var child = 2 * index + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
        guard heap[child].precedes(last) else { break }
        heap[index] = heap[child]
        index = child
      }
      heap[index] = last
    }
    return first
  }
}
