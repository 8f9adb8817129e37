import JSON

/// The items of a list, page by page as they are asked for. A list that leads back to a page that was
/// read already ends with `APIError.endlessList`.
///
///     for try await monitor in client.monitors.list() { print(monitor.name) }
public struct Items<Item: APIResource>: AsyncSequence, Sendable {
  public typealias Element = Item
  public typealias Failure = APIError

  let client: APIClient
  let path: String
  let query: [(name: String, value: String?)]
  /// No more items than so many.
  let limit: Int

  /// The most items that one page holds.
  public static var pageSize: Int { 200 }

  /// A page may be empty where a filter leaves nothing of it, but not so many after another.
  static var mostEmptyPages: Int { 1_000 }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    private let items: Items
    private var page: [JSONValue] = []
    private var position = 0
    private var given = 0
    private var cursor: String?
    private var isAtEnd = false
    /// All cursors so far: one that comes again would lead round for ever.
    private var seen: Set<String> = []
    private var emptyPages = 0

    init(_ items: Items) { self.items = items }

    public mutating func next() async throws(APIError) -> Item? {
      guard given < items.limit else { return nil }
      while position == page.count {
        if isAtEnd { return nil }
        try await readPage()
      }
      defer {
        position += 1
        given += 1
      }
      return Item(page[position])
    }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(APIError) -> Item? {
      try await next()
    }

    private mutating func readPage() async throws(APIError) {
      let count = Swift.min(Items.pageSize, items.limit - given)
      let answer = try await items.client.get(
        items.path, items.query + [("limit", String(count)), ("cursor", cursor)])
      page = answer["items"]?.elements ?? []
      position = 0
      emptyPages = page.isEmpty ? emptyPages + 1 : 0
      cursor = answer["next_cursor"]?.stringValue
      guard let cursor else {
        isAtEnd = true
        return
      }
      // What was read is not all there is: it must not be taken for the whole.
      guard seen.insert(cursor).inserted, emptyPages < Items.mostEmptyPages else {
        throw .endlessList(items.client.server, path: items.path)
      }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  /// All of them at once.
  public func all() async throws(APIError) -> [Item] {
    var found: [Item] = []
    var iterator = makeAsyncIterator()
    while let item = try await iterator.next() { found.append(item) }
    return found
  }
}
