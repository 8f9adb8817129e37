/// When conversations want to be woken, the earliest first.
///
/// A conversation may stand in it more than once, and go on to after it has ended: whoever takes one
/// out looks whether it still wants to be woken. `prune` keeps those few.
struct WakeHeap {
  struct Entry {
    var wakeUs: Int64
    var number: UInt64
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }
  var first: Entry? { entries.first }

  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var index = entries.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard entries[index].wakeUs < entries[parent].wakeUs else { return }
      entries.swapAt(index, parent)
      index = parent
    }
  }

  mutating func removeFirst() {
    guard let last = entries.popLast(), !entries.isEmpty else { return }
    entries[0] = last
    var index = 0
    while true {
      let left = 2 * index + 1
      guard left < entries.count else { return }
      let right = left + 1
      let child =
        right < entries.count && entries[right].wakeUs < entries[left].wakeUs ? right : left
      guard entries[child].wakeUs < entries[index].wakeUs else { return }
      entries.swapAt(index, child)
      index = child
    }
  }

  /// Makes it anew with these alone.
  mutating func prune(to kept: some Sequence<Entry>) {
    entries = kept.sorted { $0.wakeUs < $1.wakeUs }
  }
}
