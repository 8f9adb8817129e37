import Model
import Postgres
import TestSupport
import Testing

@Suite struct PostgresTests {
  let connection: Connection
  let database: TestDatabase

  init() throws {
    database = try TestDatabase.makeEmpty()
    connection = try database.connect()
  }

  private func echo<T: PostgresValue & Equatable>(_ value: T, _ type: String) throws -> T {
    let rows = try connection.query(SQL(verbatim: "SELECT $1::\(type)"), value)
    return try #require(rows.first).get(0)
  }

  @Test func `every type comes back as it was sent`() throws {
    #expect(try echo(Int16.min, "int2") == .min)
    #expect(try echo(Int32.max, "int4") == .max)
    #expect(try echo(Int64.min, "int8") == .min)
    #expect(try echo(-7, "int8") == -7)
    #expect(try echo(true, "bool"))
    #expect(try echo(1.5, "float8") == 1.5)
    #expect(try echo("grün \u{1F600}", "text") == "grün \u{1F600}")
    #expect(try echo([0, 255, 0] as [UInt8], "bytea") == [0, 255, 0])
    let moment = Timestamp(microseconds: 1_795_377_194_250_001)
    #expect(try echo(moment, "timestamptz") == moment)
    let id = AgentID.random()
    #expect(try echo(id, "uuid") == id)
    #expect(try echo(String?.none, "text") == nil)
    #expect(try echo(JSONText(#"{"a": [1]}"#), "jsonb").text == #"{"a": [1]}"#)
  }

  @Test func `arrays come back as they were sent`() throws {
    #expect(try echo([1, 2] as [Int32], "int4[]") == [1, 2])
    #expect(try echo([] as [Int64], "int8[]") == [])
    #expect(try echo(["a", nil, ""], "text[]") == ["a", nil, ""])
    #expect(try echo([[1], []] as [[UInt8]], "bytea[]") == [[1], []])
    let ids = [AgentID.random(), .random()]
    #expect(try echo(ids, "uuid[]") == ids)
  }

  @Test func `U+0000 is stored as the replacement character`() throws {
    #expect(try echo("a\u{0}b", "text") == "a\u{FFFD}b")
    #expect(try echo(["\u{0}"], "text[]") == ["\u{FFFD}"])
    #expect(try echo(JSONText(#"["\u0000", "\\u0000"]"#), "jsonb").text.contains(#"\\u0000"#))
  }

  @Test func `columns are read by position, by name and together`() throws {
    let rows = try connection.query("SELECT 1::int4 AS a, 'x'::text AS b, NULL::int8 AS c")
    let row = try #require(rows.first)
    #expect(try row.get("b", as: String.self) == "x")
    let (a, b, c) = try row.decode(Int.self, String.self, Int64?.self)
    #expect(a == 1 && b == "x" && c == nil)
    #expect(throws: PostgresError.self) { try row.get("d", as: String.self) }
    #expect(throws: PostgresError.self) { try row.get(9, as: String.self) }
    #expect(throws: PostgresError.self) { try row.get(2, as: Int64.self) }
    #expect(throws: PostgresError.self) { try row.get(1, as: Int64.self) }
  }

  @Test(arguments: [
    ("SELEC 1", PostgresError.Kind.bug), ("SELECT 1/0", .rejectedData),
    ("SELECT 'x'::int4", .rejectedData), ("SELECT * FROM nowhere", .bug),
    ("SELECT pg_terminate_backend(pg_backend_pid())", .reconnect),
    ("BEGIN READ ONLY; CREATE TABLE t ()", .unavailable),
  ])
  func `an error says what to do`(text: String, kind: PostgresError.Kind) throws {
    let error = #expect(throws: PostgresError.self) {
      try connection.execute(SQL(verbatim: text))
    }
    #expect(error?.kind == kind)
  }

  @Test func `a pipeline answers in order, and after an error the connection goes on`() throws {
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      for number in 0..<5 { try pipeline.add("SELECT $1::int8", number) }
    }
    #expect(try answers.map { try $0.first?.get(0, as: Int.self) } == [0, 1, 2, 3, 4])
    let error = #expect(throws: PostgresError.self) {
      try connection.pipeline { pipeline throws(PostgresError) in
        try pipeline.add("SELECT 1")
        try pipeline.add("SELECT 1/$1::int8", 0)
        try pipeline.add("SELECT 2")
      }
    }
    #expect(error?.kind == .rejectedData)
    #expect(try connection.query("SELECT 2").count == 1)
    #expect(try connection.query("SELECT 1/$1::int8", 1).count == 1)
  }

  @Test func `a COPY that fails leaves a connection that goes on`() throws {
    try connection.execute("CREATE TABLE t (a int4 CHECK (a > 0))")
    func tuple(_ value: UInt8) -> [UInt8] { [0, 1, 0, 0, 0, 4, 0, 0, 0, value] }
    let copy: SQL = "COPY t FROM STDIN (FORMAT binary)"
    let stored = try connection.copyBinary(copy) { writer throws(PostgresError) in
      try writer.write(tuple(1) + tuple(2))
      try writer.write(tuple(3))
    }
    #expect(stored == 3)
    let error = #expect(throws: PostgresError.self) {
      try connection.copyBinary(copy) { writer throws(PostgresError) in
        try writer.write(tuple(0))
      }
    }
    #expect(error?.kind == .rejectedData)
    #expect(try connection.query("SELECT * FROM t").count == 3)
  }

  @Test func `notices in great number stop nothing`() throws {
    try connection.execute(
      """
      CREATE TABLE t (a int4);
      CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE NOTICE '%', repeat('x', 1000); RETURN NEW; END $$;
      CREATE TRIGGER tell BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tell()
      """)
    let tuples =
      [UInt8](repeating: 0, count: 0)
      + (0..<20_000).flatMap { _ in
        [0, 1, 0, 0, 0, 4, 0, 0, 0, 7] as [UInt8]
      }
    let stored = try connection.copyBinary("COPY t FROM STDIN (FORMAT binary)") {
      writer throws(PostgresError) in try writer.write(tuples)
    }
    #expect(stored == 20_000)
  }

  @Test func `transactions that meet are run again until both are done`() async throws {
    try connection.execute("CREATE TABLE t (a int4); INSERT INTO t VALUES (0)")
    let pool = try database.pool(size: 4)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try await pool.run { connection in
            try connection.retryingTransaction(
              "BEGIN ISOLATION LEVEL SERIALIZABLE", attempts: 100
            ) { connection in
              let rows = try connection.query("SELECT a FROM t")
              let value = try rows.first?.get(0, as: Int32.self) ?? 0
              try connection.query("UPDATE t SET a = $1", value + 1)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try database.value("SELECT a FROM t", as: Int32.self) == 8)
  }

  @Test func `a statement whose table changed is prepared again`() throws {
    try connection.execute("CREATE TABLE t (a int4); INSERT INTO t VALUES (1)")
    let statement: SQL = "SELECT * FROM t"
    #expect(try connection.query(statement).first?.get(0, as: Int32.self) == 1)
    try database.connect().execute("ALTER TABLE t ALTER COLUMN a TYPE text")
    let value = try connection.retryingTransaction { connection in
      try connection.query(statement).first?.get(0, as: String.self)
    }
    #expect(value == "1")
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (1_795_377_194_250, "2026-11-22T19:53:14.250Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
    ] as [(Int64, String)])
  func `a moment is written as RFC 3339 has it`(milliseconds: Int64, text: String) throws {
    let moment = Timestamp(milliseconds: milliseconds)
    #expect(moment.description == text)
    #expect(moment.milliseconds == milliseconds)
    let known = try connection.query(
      "SELECT floor(extract(epoch FROM $1::text::timestamptz) * 1000)::int8", text)
    #expect(try known.first?.get(0, as: Int64.self) == milliseconds)
  }
}
