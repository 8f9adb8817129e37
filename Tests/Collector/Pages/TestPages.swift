import API
import Linux
import Logging
import Model
import Pages
import Postgres
import Quorum
import Store
import TestSupport
import Testing

@testable import PageServing

/// A running server of the API and of public pages, with a database of its own.
enum TestPages {
  static func with(
    stateFolder: String? = nil, configure: (inout APIConfiguration) -> Void = { _ in },
    _ body: (TestAPI) async throws -> Void
  ) async throws {
    try await TestAPI.with(
      configure: {
        $0.publicOrigin = "https://status.test"
        configure(&$0)
      },
      beside: { database, configuration in
        var log = Logger(label: "test")
        log.logLevel = .critical
        let pages = PageService(
          pool: try database.pool(size: 2), database: database.address,
          origin: "https://status.test", stateFolder: stateFolder, log: log)
        configuration.publicSite = pages.site
        return pages
      }, body)
  }
}

extension TestAPI {
  /// Asks for a page, as whoever finds its address.
  func page(
    _ path: String, method: String = "GET", headers: [(String, String)] = []
  ) async throws -> RawHTTP.Answer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: status.test\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return try await RawHTTP.send(Array((head + "\r\n").utf8), port: port)
  }

  /// The page once `isRight` of it; throws where that takes a minute.
  func page(
    _ path: String, once isRight: (RawHTTP.Answer) -> Bool
  ) async throws -> RawHTTP.Answer {
    try await eventually("the awaited page at \(path)") {
      let answer = try await page(path)
      return isRight(answer) ? answer : nil
    }
  }

  /// Stores a verdict of a monitor that holds since now, and the incident that it opens or ends.
  func decide(_ verdict: String, of monitor: String) throws {
    let connection = try database.connect()
    try connection.transaction { connection in
      let row = try #require(
        connection.query(
          """
          INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
            policy, tally, votes)
          SELECT key, organization_id, epoch, now(), now(), $2, '{}', '{}', '[]' FROM monitor
          WHERE id = $1 RETURNING id, monitor_key, organization_id
          """, MonitorID(monitor), verdict
        ).first)
      let (id, key, organization) = try row.decode(Int64.self, Int64.self, Int32.self)
      try connection.query(
        """
        UPDATE incident SET ended_at = now(), closing_verdict = $2
        WHERE monitor_key = $1 AND ended_at IS NULL
        """, key, id)
      guard let severity = Severity(rawValue: verdict) else { return }
      try connection.query(
        """
        INSERT INTO incident
          (organization_id, monitor_key, opening_verdict, started_at, decided_at, severity)
        VALUES ($1, $2, $3, now(), now(), $4)
        """, organization, key, id, severity.rawValue)
    }
  }
}

extension TestPages {
  /// What a page's file in that folder shows, once it holds `text`.
  static func shelved(_ slug: String, in folder: String, with text: String) async throws -> String {
    try await eventually("the page on the shelf") {
      guard let page = PageShelf(folder: folder).page(slug)?.page else { return nil }
      let shown = String(decoding: page.html(), as: UTF8.self)
      return shown.contains(text) ? shown : nil
    }
  }

  /// The same of a server whose pages can't reach their database.
  static func withoutStore(
    stateFolder: String, _ body: (TestAPI) async throws -> Void
  ) async throws {
    let nowhere = try PostgresAddress("host=127.0.0.1 port=1 connect_timeout=1 dbname=none")
    try await TestAPI.with(
      beside: { _, configuration in
        var log = Logger(label: "test")
        log.logLevel = .critical
        let pages = PageService(
          pool: try PostgresPool(nowhere, size: 1, application: "test"), database: nowhere,
          origin: "https://status.test", stateFolder: stateFolder, log: log)
        configuration.publicSite = pages.site
        return pages
      }, body)
  }
}
