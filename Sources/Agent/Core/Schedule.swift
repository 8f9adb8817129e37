/// When each target is due, and whether its last probe is still out.
///
/// A target is due whenever collector time modulo its interval equals its phase. Collector time is
/// agent time plus an offset that is measured now and then; when it changes, and when a phase
/// changes, each target moves to its new place by at most 1 % of its interval a probe, the shorter
/// way round, so that no gap is ever longer than 1.01 intervals.
///
/// Targets are named by small numbers that the caller gives out (`entry`). All times are
/// microseconds of agent time. Pure: the caller brings the time and does what it is told.
public struct Schedule: Sendable {
  /// What is to be done now.
  public enum Directive: Hashable, Sendable {
    /// Probe this target, which has been due since then; call `ended` when the probe has ended.
    case probe(entry: Int, dueUs: Int64)
    /// Do not probe this target: its last probe is still out.
    case skip(entry: Int)
    /// This target's turns passed unseen, because nobody asked in time.
    case missed(entry: Int, turns: Int64)
  }

  /// One target. Free: not in use; waiting: due at `dueUs`; out: a probe runs, and it is due again
  /// at `dueUs`; leaving: removed while a probe runs, free as soon as that ends.
  private struct Entry {
    enum State { case free, waiting, out, leaving }

    var state = State.free
    var intervalUs: Int64 = 1_000_000
    var phaseUs: Int64 = 0
    var dueUs: Int64 = 0
    /// When the probe that is out was due.
    var outSinceUs: Int64 = 0
    var lastStartMs = Int64.min
    /// Tells the heap's present item from ones left behind.
    var generation: UInt32 = 0
    /// Neighbours among the entries that are out, oldest first; -1 at the ends.
    var older = -1
    var newer = -1
  }

  private var entries: [Entry] = []
  private var heap = DueHeap()
  private var oldestOut = -1
  private var newestOut = -1
  private var offsetUs: Int64 = 0
  /// Turns that came while the last probe was out, or that passed unseen.
  public private(set) var skippedTurns: UInt64 = 0
  private var unreported: (entry: Int, turns: Int64)?

  public init() {}

  // MARK: Targets

  /// Takes up a target; it is due at the first moment of its phase from now on.
  ///
  /// - Parameters:
  ///   - entry: a number that is not in use.
  ///   - intervalMs: at least 1.
  ///   - phaseMs: taken modulo the interval.
  public mutating func add(entry: Int, intervalMs: Int64, phaseMs: Int64, nowUs: Int64) {
    while entries.count <= entry { entries.append(Entry()) }
    let intervalUs = max(1, intervalMs) * 1_000
    let phaseUs = phaseMs * 1_000 % intervalUs
    entries[entry].state = .waiting
    entries[entry].intervalUs = intervalUs
    entries[entry].phaseUs = phaseUs
    entries[entry].lastStartMs = .min
    let late = lateness(of: nowUs, intervalUs: intervalUs, phaseUs: phaseUs)
    place(entry, at: late == 0 ? nowUs : nowUs + intervalUs - late)
  }

  /// Gives a target that is in use another interval or phase. A new phase is reached by and by; a
  /// new interval counts from the next turn at the latest.
  public mutating func change(entry: Int, intervalMs: Int64, phaseMs: Int64, nowUs: Int64) {
    let intervalUs = max(1, intervalMs) * 1_000
    let isSame = entries[entry].intervalUs == intervalUs
    entries[entry].intervalUs = intervalUs
    entries[entry].phaseUs = phaseMs * 1_000 % intervalUs
    if isSame { return }
    place(entry, at: min(entries[entry].dueUs, nowUs + intervalUs))
  }

  /// Drops a target.
  ///
  /// - Returns: whether its number is free now; otherwise it is once its probe has `ended`.
  public mutating func remove(entry: Int) -> Bool {
    entries[entry].generation &+= 1
    switch entries[entry].state {
    case .free, .waiting:
      entries[entry].state = .free
      return true
    case .out, .leaving:
      entries[entry].state = .leaving
      return false
    }
  }

  /// Sets what collector time is ahead of agent time.
  public mutating func adjust(offsetMs: Int64) {
    // 3,000 years either way: beyond it, adding to a time could overflow.
    offsetUs = min(max(offsetMs, -100_000_000_000_000), 100_000_000_000_000) * 1_000
  }

  // MARK: Turns

  /// The next thing to do at this moment, or `nil` when nothing is due yet. Ask until it is `nil`.
  public mutating func next(nowUs: Int64) -> Directive? {
    if let (entry, turns) = unreported {
      unreported = nil
      return .missed(entry: entry, turns: turns)
    }
    while let item = heap.first, item.dueUs <= nowUs {
      guard item.generation == entries[item.entry].generation else {
        heap.removeFirst()
        continue
      }
      return take(item, nowUs: nowUs)
    }
    return nil
  }

  /// When `next` will have something to do, or `nil` when there are no targets.
  public mutating func nextWakeUs() -> Int64? {
    while let item = heap.first {
      if item.generation == entries[item.entry].generation { return item.dueUs }
      heap.removeFirst()
    }
    return nil
  }

  /// A start for a probe of this target: now, or the first millisecond after its last start.
  public mutating func start(entry: Int, nowMs: Int64) -> Int64 {
    let start = max(
      nowMs, entries[entry].lastStartMs == .min ? .min : entries[entry].lastStartMs + 1)
    entries[entry].lastStartMs = start
    return start
  }

  /// The probe that a `.probe` directive asked for has ended.
  ///
  /// - Returns: whether the number is free, since the target was removed meanwhile.
  public mutating func ended(entry: Int) -> Bool {
    unlink(entry)
    switch entries[entry].state {
    case .free, .waiting: return false
    case .out:
      entries[entry].state = .waiting
      return false
    case .leaving:
      entries[entry].state = .free
      return true
    }
  }

  /// Every turn before this moment (microseconds) has been probed to its end, or was skipped.
  public mutating func watermarkUs(nowUs: Int64) -> Int64 {
    let oldest = oldestOut >= 0 ? entries[oldestOut].outSinceUs : nowUs
    return min(nowUs, oldest, nextWakeUs() ?? nowUs)
  }

  // MARK: Inside

  private mutating func take(_ item: DueHeap.Item, nowUs: Int64) -> Directive {
    let entry = item.entry
    let intervalUs = entries[entry].intervalUs
    var next = item.dueUs + intervalUs
    let late = lateness(of: next, intervalUs: intervalUs, phaseUs: entries[entry].phaseUs)
    let error = late > intervalUs / 2 ? late - intervalUs : late
    let step = intervalUs / 100
    next -= min(max(error, -step), step)
    if next <= nowUs {
      let turns = (nowUs - next) / intervalUs + 1
      next += turns * intervalUs
      skippedTurns &+= UInt64(turns)
      unreported = (entry, turns)
    }
    entries[entry].dueUs = next
    heap.replaceFirst(
      with: DueHeap.Item(dueUs: next, entry: entry, generation: item.generation))
    switch entries[entry].state {
    case .free, .leaving:
      // Not reached: a target that goes leaves its generation behind.
      return .skip(entry: entry)
    case .out:
      skippedTurns &+= 1
      return .skip(entry: entry)
    case .waiting:
      entries[entry].state = .out
      entries[entry].outSinceUs = item.dueUs
      link(entry)
      return .probe(entry: entry, dueUs: item.dueUs)
    }
  }

  private mutating func place(_ entry: Int, at dueUs: Int64) {
    entries[entry].dueUs = dueUs
    entries[entry].generation &+= 1
    heap.insert(
      DueHeap.Item(dueUs: dueUs, entry: entry, generation: entries[entry].generation))
  }

  /// How long ago, at an agent time, the phase's last moment was; 0 up to less than the interval.
  private func lateness(of timeUs: Int64, intervalUs: Int64, phaseUs: Int64) -> Int64 {
    let remainder = (timeUs &+ offsetUs &- phaseUs) % intervalUs
    return remainder < 0 ? remainder + intervalUs : remainder
  }

  private mutating func link(_ entry: Int) {
    entries[entry].older = newestOut
    entries[entry].newer = -1
    if newestOut >= 0 { entries[newestOut].newer = entry } else { oldestOut = entry }
    newestOut = entry
  }

  private mutating func unlink(_ entry: Int) {
    let (older, newer) = (entries[entry].older, entries[entry].newer)
    if older >= 0 { entries[older].newer = newer } else if oldestOut == entry { oldestOut = newer }
    if newer >= 0 { entries[newer].older = older } else if newestOut == entry { newestOut = older }
    entries[entry].older = -1
    entries[entry].newer = -1
  }
}
