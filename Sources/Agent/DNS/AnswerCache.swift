/// Answers that are kept for as long as they may be, and no longer.
///
/// Where it is full, what came first goes first.
public struct AnswerCache: Sendable {
  /// What may be kept for how long.
  public struct Bounds: Hashable, Sendable {
    /// 0 turns it off.
    public var mostEntries = 4_096
    /// Seconds: the least for which an answer is kept, even where its own time is shorter.
    public var leastTTL: UInt32 = 0
    /// Seconds: the most, even where its own time is longer.
    public var mostTTL: UInt32 = 3_600
    /// Seconds: the most for which it is kept that there is no such name or record. RFC 2308 section 5
    /// advises one to three hours; a monitor wants to see sooner that it has come.
    public var mostNegativeTTL: UInt32 = 30

    public init() {}

    /// Keeps nothing.
    public static var off: Bounds {
      var bounds = Bounds()
      bounds.mostEntries = 0
      return bounds
    }
  }

  private struct Key: Hashable {
    var name: DomainName
    var type: RecordType
  }

  private struct Entry {
    var answer: AddressAnswer
    var expiresUs: Int64
    var number: UInt64
  }

  public let bounds: Bounds
  private var entries: [Key: Entry] = [:]
  /// In the order in which they came, with the numbers of the entries that they stood for then.
  private var order: [(key: Key, number: UInt64)] = []
  private var orderHead = 0
  private var lastNumber: UInt64 = 0

  public init(_ bounds: Bounds = Bounds()) {
    self.bounds = bounds
  }

  public var count: Int { entries.count }

  /// Keeps an answer, if it may be kept.
  public mutating func keep(
    _ answer: AddressAnswer, for name: DomainName, _ type: RecordType, nowUs: Int64
  ) {
    guard bounds.mostEntries > 0, let ttl = answer.ttl else { return }
    let most = answer.failure == nil ? bounds.mostTTL : min(bounds.mostTTL, bounds.mostNegativeTTL)
    let seconds = min(max(ttl, bounds.leastTTL), most)
    guard seconds > 0 else { return }
    let key = Key(name: name, type: type)
    lastNumber += 1
    var kept = answer
    kept.attempts = []
    entries[key] = Entry(
      answer: kept, expiresUs: nowUs &+ Int64(seconds) * 1_000_000, number: lastNumber)
    order.append((key, lastNumber))
    shrink()
  }

  /// The answer that is kept for a question, with the time that it has left.
  public mutating func answer(
    for name: DomainName, _ type: RecordType, nowUs: Int64
  ) -> AddressAnswer? {
    let key = Key(name: name, type: type)
    guard let entry = entries[key] else { return nil }
    guard entry.expiresUs > nowUs else {
      entries[key] = nil
      return nil
    }
    var answer = entry.answer
    answer.ttl = UInt32(clamping: (entry.expiresUs - nowUs) / 1_000_000)
    return answer
  }

  /// Forgets everything, since other servers may say other things.
  public mutating func removeAll() {
    entries = [:]
    order = []
    orderHead = 0
  }

  private mutating func shrink() {
    // Entries that were replaced or ran out leave a place in the order behind.
    while entries.count > bounds.mostEntries || order.count - orderHead > 2 * bounds.mostEntries,
      orderHead < order.count
    {
      let (key, number) = order[orderHead]
      orderHead += 1
      if entries[key]?.number == number { entries[key] = nil }
    }
    if orderHead > 1_024, orderHead > order.count / 2 {
      order.removeFirst(orderHead)
      orderHead = 0
    }
  }
}
