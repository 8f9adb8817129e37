import JSON

/// The items of a list, page by page as they are asked for.
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

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    private let items: Items
    private var page: [JSONValue] = []
    private var position = 0
    private var given = 0
    private var cursor: String?
    private var isAtEnd = false

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
      let next = answer["next_cursor"]?.stringValue
      // A page that names itself as the next would never end.
      isAtEnd = next == nil || next == cursor
      cursor = next
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
