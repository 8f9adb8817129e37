import AgentCore
import Model

extension Spool.StreamFiles {
  /// Adds a file and gives its number.
  mutating func add(_ file: Spool.SegmentFile) -> Int {
    files[nextFile] = file
    nextFile += 1
    return nextFile - 1
  }

  /// Puts an entry in its place; nearly always the end.
  mutating func insert(_ entry: Entry) {
    if entry.isEvidence { isEvidence = true }
    if let last = entries.last, last.sequence >= entry.sequence {
      let position = lowerBound(entry.sequence)
      if entries[position].sequence == entry.sequence {
        entries[position] = entry
      } else {
        entries.insert(entry, at: position)
      }
    } else {
      entries.append(entry)
    }
  }

  /// Adds an entry that was found on the disk. A skip wins over what it covers, wherever that lies: it
  /// was written later. Else the first that was found stays, unless this one is the same once more.
  mutating func merge(_ entry: Entry, isAgain: Bool = false) {
    let position = lowerBound(entry.sequence)
    if position < entries.endIndex {
      let there = entries[position]
      if isAgain, there.sequence == entry.sequence, there.first == entry.first,
        there.isSkip == entry.isSkip
      {
        entries[position] = entry
        return
      }
      let isCovered = there.isSkip && there.first <= entry.first
      if isCovered || (there.sequence == entry.sequence && !entry.isSkip) { return }
    }
    if entry.isSkip {
      entries.removeAll { $0.first >= entry.first && $0.sequence <= entry.sequence }
    }
    insert(entry)
  }

  func entry(_ sequence: UInt64) -> Entry? {
    let position = lowerBound(sequence)
    guard position < entries.endIndex, entries[position].sequence == sequence else { return nil }
    return entries[position]
  }

  /// Where the first entry of at least this sequence stands.
  func lowerBound(_ sequence: UInt64) -> Int {
    var low = entries.startIndex
    var high = entries.endIndex
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Notes the moment for files that hold nothing but acked batches.
  mutating func markAcked(nowMs: Int64) {
    let needed = Set(entries[lowerBound(acked &+ 1)...].map(\.file))
    for number in files.keys where files[number]?.isOpen == false {
      if !needed.contains(number), files[number]?.ackedMs == nil { files[number]?.ackedMs = nowMs }
    }
  }

  /// Forgets a file and what it holds.
  mutating func forget(_ number: Int) {
    files[number] = nil
    entries = entries.filter { $0.file != number }[...]
  }
}

extension Entry {
  /// What the ledger is told of it.
  func batch(boot current: BootID) -> Batch {
    var batch = Batch(
      sequence: sequence, first: first, bytes: length, baseMs: baseMs, assignedMs: baseMs,
      isSkip: isSkip, isOfThisBoot: boot == current)
    batch.about = about
    return batch
  }
}
