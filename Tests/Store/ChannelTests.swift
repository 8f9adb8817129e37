import Foundation
import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct `Channels of the store` {
  /// Every `upblit_…` that a text names as a channel in quotes.
  private func names(in text: String) -> Set<String> {
    Set(text.matches(of: /['"](upblit_[a-z]+)['"]/).map { String($0.output.1) })
  }

  @Test func `every channel that the collector names is one of the enumeration`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Collector")
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    let known = Set(StoreChannel.allCases.map(\.rawValue))
    var seen: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let found = names(in: try String(contentsOf: file, encoding: .utf8))
      let unknown = found.subtracting(known)
      #expect(unknown.isEmpty, "\(file.lastPathComponent) names \(unknown)")
      seen.formUnion(found)
    }
    #expect(seen == known)
  }

  @Test func `what the database's own functions notify is known too`() throws {
    let texts = try TestDatabase.make().connect().query(
      """
      SELECT prosrc FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%pg_notify%'
      """)
    #expect(texts.count > 0)
    for row in texts {
      let found = names(in: try row.get(0))
      #expect(!found.isEmpty && found.isSubset(of: Set(StoreChannel.allCases.map(\.rawValue))))
    }
  }

  @Test func `every channel has listeners, and only one kind of them`() {
    let all =
      StoreChannel.deciding + StoreChannel.sessions + StoreChannel.sending + StoreChannel.showing
    #expect(all.count == StoreChannel.allCases.count)
    #expect(Set(all) == Set(StoreChannel.allCases))
  }

  @Test func `a revoked agent is told to those who deal its seats`() throws {
    let database = try TestDatabase.make()
    let id = AgentID.random()
    let agent = try database.addAgent(id: id)
    let listener = try database.connect()
    try listener.listen(to: StoreChannel.deciding.map(\.rawValue))
    #expect(try Agents.revoke(id, owner: nil, database.connect()) == .revoked)
    #expect(
      try listener.notifications(timeoutMs: 5_000)
        == [PostgresNotification(channel: "upblit_membership", payload: "\(agent)")])
  }
}
