public import Logging
public import Postgres
public import ServiceLifecycle
import Store
import Linux

/// Keeps public pages as they are to be shown: one long-lived part of the collector.
public struct PageService: Service {
  /// Answers requests for them.
  public let site: PageSite
  private let book: PageBook
  private let database: PostgresAddress
  private let log: Logger

  /// - Parameters:
  ///   - pool: what pages are read over, and nothing else, so that they hold up nobody.
  ///   - database: where to listen for changes.
  ///   - origin: of the pages' addresses, such as `https://monitor.example.org`.
  ///   - stateFolder: where pages are kept over restarts; `nil`: nowhere.
  public init(
    pool: PostgresPool, database: PostgresAddress, origin: String, stateFolder: String?,
    log: Logger
  ) {
    self.database = database
    self.log = log
    let source = PageBook.Source(
      slugs: { try await pool.run { try StatusPageQueries.published(on: $0) } },
      load: { organization, responses in
        try await pool.run { connection in
          try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
            try StatusPageQueries.load(
              organization, origin: origin, responses: responses, on: $0)
          }
        }
      },
      responses: { organization in
        try await pool.run { try StatusPageQueries.responses(organization, on: $0) }
      })
    let shelf = stateFolder.map { PageShelf(folder: $0) }
    do {
      try shelf?.open()
    } catch {
      log.warning(
        "status pages can't be kept over restarts", metadata: ["reason": "\(error)"])
    }
    book = PageBook(source, shelf: shelf, log: log)
    site = PageSite(book)
  }

  public func run() async throws {
    let book = book
    let listener = try PostgresListener(
      database, channels: StoreChannel.showing.map(\.rawValue), application: "upblit pages listen"
    ) { event in
      switch event {
      case .listening: book.allChanged()
      case .lost: break
      case .notification(let notification):
        guard let organization = Int32(notification.payload) else { return }
        book.changed(OrganizationID(rawValue: organization))
      }
    }
    try? await cancelWhenGracefulShutdown {
      var seconds = 0
      while !Task.isCancelled {
        await book.turn(isMinute: seconds % 60 == 0)
        seconds += 1
        try await Task.sleep(for: .seconds(1))
      }
    }
    // Joins a thread, which may be connecting.
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      do {
        _ = try DedicatedThread(name: "pages-stop") {
          listener.stop()
          continuation.resume()
        }
      } catch {
        // It ends with the process.
        continuation.resume()
      }
    }
  }
}
