/// A binary heap of due times, the earliest first. Items are not searched for: one that is out of
/// date is known by its generation when it comes up.
struct DueHeap: Sendable {
  struct Item: Hashable, Sendable {
    var dueUs: Int64
    var entry: Int
    var generation: UInt32
  }

  private var items: [Item] = []

  var first: Item? { items.first }

  mutating func insert(_ item: Item) {
    items.append(item)
    var index = items.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard items[index].dueUs < items[parent].dueUs else { return }
      items.swapAt(index, parent)
      index = parent
    }
  }

  /// Takes the earliest item out. There must be one.
  mutating func removeFirst() {
    let last = items.removeLast()
    if !items.isEmpty { replaceFirst(with: last) }
  }

  /// Puts an item in place of the earliest one. There must be one.
  mutating func replaceFirst(with item: Item) {
    items[0] = item
    var index = 0
    while true {
      var least = index
      let left = 2 * index + 1
      if left < items.count, items[left].dueUs < items[least].dueUs { least = left }
      if left + 1 < items.count, items[left + 1].dueUs < items[least].dueUs { least = left + 1 }
      guard least != index else { return }
      items.swapAt(index, least)
      index = least
    }
  }
}
