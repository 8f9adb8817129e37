import JSON
import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `The log of steps` {
  @Test func `what moved nothing is not logged, and all else is, without a gap`() throws {
    let story = try OutageStory()
    let scene = story.scene
    func count() throws -> Int64 {
      try scene.database.value(
        SQL(verbatim: "SELECT count(*) FROM quorum_log WHERE monitor_key = \(story.monitor)"))
    }
    let before = try count()
    try scene.connection.query(Due.wish, [story.monitor])
    #expect(try scene.stepAll().map(\.directives.isEmpty) == [true])
    #expect(try count() == before)
    let rows = try scene.connection.query(
      """
      SELECT number, event, before IS NOT NULL, engine FROM quorum_log
      WHERE monitor_key = $1 ORDER BY number
      """, story.monitor)
    #expect(try rows.map { try $0.get(0, as: Int64.self) } == Array(1...before))
    for row in rows {
      let event: Event = try Tree.read(from: try row.json(1))
      #expect(event.panel.seats.count == 3)
      #expect(try row.get(3, as: Int32.self) == EngineVersion.current)
    }
    #expect(try rows.first?.get(2, as: Bool.self) == true)
    // A step that wanted nothing has no list of wishes, not even an empty one.
    let lists = try scene.connection.query(
      "SELECT DISTINCT coalesce(jsonb_typeof(directives), 'none') FROM quorum_log ORDER BY 1")
    #expect(try lists.map { try $0.get(0, as: String.self) } == ["array", "none"])
  }

  @Test func `values go through the tree as through a JSON text`() throws {
    let story = try OutageStory()
    let state = try story.scene.state(story.monitor)
    #expect(try Tree.read(from: Tree.of(state)) == state)
    let policy = Policy(.percent(60), upCap: 2)
    #expect(try Tree.read(Policy.self, from: Tree.of(policy)) == policy)
    let text = try JSONValue(parsing: StoredVerdict.json(state).text)
    #expect(try Tree.read(from: text) == state)
    #expect(throws: DecodingError.self) { try Tree.read(MonitorState.self, from: ["version": "1"]) }
  }

  @Test func `the bytes that are hashed are the same before and after they are stored`() throws {
    let database = try TestDatabase.make()
    let connection = try database.connect()
    let value: JSONValue = [
      "z": 1, "a": ["é\u{0}\u{7f}\n\"\\/", nil, true, -9_223_372_036_854_775_808], "ab": [:],
      "Z": [],
    ]
    let rows = try connection.query("SELECT $1::jsonb", JSONText(value.text))
    let back = try #require(rows.first).json(0)
    #expect(CanonicalJSON.text(back) == CanonicalJSON.text(value))
    #expect(
      CanonicalJSON.text(value)
        == #"{"Z":[],"a":["é\#u{FFFD}\u007f\n\"\\/",null,true,-9223372036854775808],"ab":{},"z":1}"#
    )
  }

  @Test func `old steps go, but not an incident's nor what the next one needs`() throws {
    let story = try OutageStory()
    let connection = story.scene.connection
    let logged = try connection.query(
      "SELECT log_first, log_last FROM incident WHERE monitor_key = $1", story.monitor)
    let (first, last) = try #require(logged.first).decode(Int64.self, Int64.self)
    try connection.execute("RESET search_path")
    try connection.execute("UPDATE quorum_log SET at = at - interval '31 days'")
    try connection.execute("UPDATE quorum_state SET log_snapshot = log_number + 1")
    #expect(first > 1)
    _ = try Maintenance.run(connection)
    let numbers = try connection.query("SELECT number FROM quorum_log ORDER BY number")
    #expect(try numbers.map { try $0.get(0, as: Int64.self) } == Array(first...last))
    #expect(try story.replay().isIdentical)
    try connection.execute("UPDATE incident SET log_first = log_last")
    try connection.execute("UPDATE quorum_log SET kept = false")
    try connection.execute("UPDATE quorum_state SET log_snapshot = 2")
    _ = try Maintenance.run(connection)
    let rest = try connection.query("SELECT min(number), count(*) FROM quorum_log")
    #expect(try rest.first?.get(0, as: Int64.self) == first)
  }
}
