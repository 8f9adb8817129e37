import JSON
import Model
public import Postgres
import Quorum

/// Takes the stored steps of an incident again, by the same engine, and compares.
///
/// It begins with the state that is stored at the incident's first step. Every step must give the
/// directives and the digest that are stored, every verdict must stand as the engine gives it and
/// in its place of the monitor's chain, and the incident must be what its verdicts made it.
public struct IncidentReplay {
  /// How many steps one replay takes.
  static let mostSteps = 20_000
  private static let pageSize: Int64 = 200

  private let incident: IncidentQueries.Record
  private let connection: Connection
  private var report = ReplayReport(engine: EngineVersion.current)
  private var state: MonitorState?
  private var engine: Int32?
  private var verdicts: [Int64: [VerdictChain.Link]] = [:]
  private var story: IncidentStory

  /// Replays one incident. Throws `PostgresError` where the store could not be asked.
  public static func run(
    _ incident: IncidentQueries.Record, _ connection: Connection
  ) throws -> ReplayReport {
    var replay = Self(
      incident: incident, connection: connection, story: IncidentStory(incident))
    try replay.run()
    return replay.report
  }

  private init(
    incident: IncidentQueries.Record, connection: Connection, story: IncidentStory
  ) {
    self.incident = incident
    self.connection = connection
    self.story = story
  }

  private mutating func run() throws {
    let rows = try connection.query(
      """
      SELECT i.log_first, i.log_last, s.log_number FROM incident i
      JOIN quorum_state s ON s.monitor_key = i.monitor_key WHERE i.id = $1
      """, incident.id)
    guard let row = rows.first, let first = try row.get(0, as: Int64?.self) else {
      return report.add(.incident, at: incident.decidedAt, "its steps were not logged")
    }
    let last = try row.get(1, as: Int64?.self) ?? row.get(2, as: Int64.self)
    report.firstStep = first
    report.lastStep = last
    try checkVerdicts(from: first, to: last)
    try takeSteps(from: first, to: last)
    // What is left of the verdicts was said without a step that says it.
    if report.differences.isEmpty, !report.isCut {
      for link in verdicts.values.flatMap({ $0 }).sorted(by: { $0.id < $1.id }) {
        report.add(.verdict(link.id), at: link.decidedAt, "no step gives it")
      }
      try story.check(&report, connection)
    }
  }

  /// Checks the chain of the verdicts that these steps gave, and keeps them by step.
  private mutating func checkVerdicts(from first: Int64, to last: Int64) throws {
    let before = try connection.query(
      "SELECT max(id) FROM verdict WHERE monitor_key = $1 AND coalesce(log_last, 0) < $2",
      incident.monitorKey, first)
    var position = try before.first?.get(0, as: Int64?.self) ?? 0
    if position > 0 { story.name(position) }
    var previous: [UInt8]??
    if position > 0 {
      previous = .some(
        try connection.query("SELECT digest FROM verdict WHERE id = $1", position).first?
          .get(0, as: [UInt8]?.self) ?? nil)
    } else {
      previous = .some(nil)
    }
    var newest: VerdictChain.Link?
    var isAtHead = true
    pages: while true {
      let links = try VerdictChain.page(
        monitor: incident.monitorKey, after: position, to: .max, connection)
      for link in links {
        if let step = link.verdict?.logLast, step > last {
          isAtHead = false
          break pages
        }
        previous = .some(try VerdictChain.check(link, after: previous, &report))
        if let step = link.verdict?.logLast { verdicts[step, default: []].append(link) }
        newest = link
        position = link.id
      }
      if links.count < VerdictChain.pageSize { break }
    }
    report.verdictDigest = newest?.digest.map(CanonicalJSON.hexadecimal)
    if isAtHead {
      try VerdictChain.checkHead(
        monitor: incident.monitorKey, newest: newest, &report, connection)
    }
  }

  private mutating func takeSteps(from first: Int64, to last: Int64) throws {
    var expected = first
    while expected <= last {
      let rows = try connection.query(
        """
        SELECT number, at, previous_at, engine, digest, event, directives, before
        FROM quorum_log WHERE monitor_key = $1 AND number >= $2 AND number <= $3
        ORDER BY number LIMIT $4
        """, incident.monitorKey, expected, last, Self.pageSize)
      for row in rows {
        let number = try row.get(0, as: Int64.self)
        guard number == expected else { break }
        if report.steps == Self.mostSteps {
          report.isCut = true
          return
        }
        guard try take(row, number) else { return }
        expected += 1
      }
      if rows.count == 0 || expected <= last, rows.count < Int(Self.pageSize) {
        guard expected <= last else { return }
        return report.add(.step(expected), at: nil, "it is missing")
      }
    }
  }

  /// Takes one step again; false where it came out otherwise.
  private mutating func take(_ row: Row, _ number: Int64) throws -> Bool {
    let place = ReplayReport.Place.step(number)
    let at = try row.get(1, as: Timestamp.self)
    let previousAt = try row.get(2, as: Int64.self)
    let rules = try row.get(3, as: Int32.self)
    let digest = try row.get(4, as: [UInt8].self)
    let stored = StoredStep(
      monitorKey: incident.monitorKey, number: number, engine: rules, previousAt: previousAt,
      event: try row.json(5), before: try row.jsonIfAny(7))
    if !report.storedEngines.contains(rules) { report.storedEngines.append(rules) }
    let event: Event
    do {
      event = try Tree.read(from: stored.event)
      try begin(stored, isOtherRules: rules != engine)
    } catch is DecodingError {
      report.add(place, at: at, "its event or the state before it can't be read")
      return false
    }
    engine = rules
    guard var present = state else {
      report.add(place, at: at, "the state before it is not stored")
      return false
    }
    if let before = stored.before,
      report.compare(
        place, at: at, "the state before it: ", stored: before, replayed: try Tree.of(present))
    {
      return false
    }
    let step = present.step(event)
    state = present
    let storedDirectives = try row.jsonIfAny(6) ?? .array([])
    let given = try StoredStep.stored(step.directives) ?? .array([])
    if report.compare(
      place, at: at, "directives", stored: storedDirectives, replayed: given)
    {
      return false
    }
    guard try compareVerdicts(step.directives, number, at) else { return false }
    let computed = try stored.digest(giving: step.directives, state: Tree.of(present))
    report.digest = CanonicalJSON.hexadecimal(computed)
    if computed != digest, rules == EngineVersion.current {
      report.add(
        place, at: at, "digest (its event, the state before it or the digest was changed)",
        stored: .string(CanonicalJSON.hexadecimal(digest)),
        replayed: .string(CanonicalJSON.hexadecimal(computed)))
      return false
    }
    report.steps += 1
    story.take(step.directives, number: number)
    return true
  }

  /// Takes over the stored state where there is none yet, or where other rules took the steps before,
  /// and the time of the last quiet tick.
  private mutating func begin(_ step: StoredStep, isOtherRules: Bool) throws {
    if let before = step.before, state == nil || isOtherRules {
      state = try Tree.read(MonitorState.self, from: before)
    }
    state?.steppedAt = step.previousAt
  }

  /// Compares what the step says with what is stored that it said; false where they differ.
  private mutating func compareVerdicts(
    _ directives: [Directive], _ number: Int64, _ at: Timestamp
  ) throws -> Bool {
    var links = verdicts.removeValue(forKey: number) ?? []
    for directive in directives {
      guard case .recordVerdict(let record) = directive else { continue }
      guard !links.isEmpty else {
        report.add(
          .step(number), at: at, "verdict", stored: nil,
          replayed: .string(record.verdict.rawValue))
        return false
      }
      let link = links.removeFirst()
      guard let stored = link.verdict else { continue }
      let count = report.differences.count
      try compare(stored, with: record, link)
      if report.differences.count > count { return false }
      story.name(link.id)
      report.verdicts += 1
    }
    for link in links {
      report.add(
        .verdict(link.id), at: link.decidedAt, "verdict",
        stored: .optional(link.verdict?.verdict), replayed: nil)
    }
    return links.isEmpty
  }

  private mutating func compare(
    _ stored: StoredVerdict, with record: VerdictRecord, _ link: VerdictChain.Link
  ) throws {
    let pairs: [(String, JSONValue, JSONValue)] = [
      ("verdict", .string(stored.verdict), .string(record.verdict.rawValue)),
      ("epoch", .integer(Int64(stored.epoch)), .integer(Int64(record.epoch))),
      ("started_at", .integer(stored.startedAt), .integer(record.startedAt)),
      ("decided_at", .integer(stored.decidedAt), .integer(record.decidedAt)),
      ("policy", stored.policy, try Tree.of(record.policy)),
      ("tally", stored.tally, try StoredVerdict.tally(record)),
      ("votes", Self.anonymous(stored.votes), try StoredVerdict.votes(record, [:])),
    ]
    for (name, left, right) in pairs {
      _ = report.compare(
        .verdict(link.id), at: link.decidedAt, name, stored: left, replayed: right)
    }
  }

  /// Votes without the identifiers that the store has added; the digest covers those.
  private static func anonymous(_ votes: JSONValue) -> JSONValue {
    .array(
      votes.elements.map { vote in
        guard case .object(var object) = vote else { return vote }
        object["agentID"] = nil
        return .object(object)
      })
  }
}
